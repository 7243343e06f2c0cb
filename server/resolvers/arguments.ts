/**
 * Shared arguments: page size, cursor, and the user a request is about. Each is checked on the way in.
 */

import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { createParameterDecorator, ID, Int } from 'type-graphql';

import { InvalidInputError, MAX_ID_CHARACTERS } from '../domain/index.js';

import { subjectOf } from './access.js';
import type { ApiContext } from './context.js';

type ArgumentDecorator = ReturnType<typeof createParameterDecorator>;

/** Maximum number of rows of a bulk mutation. */
export const MAX_BULK_ROWS = 1_000;

/** `first`: a whole number from 1 to `max`. */
export function First({
  defaultValue,
  max,
  what,
}: {
  defaultValue: number;
  max: number;
  what: string;
}): ArgumentDecorator {
  return createParameterDecorator<ApiContext>(({ args }) => pageSize(args['first'] as number, max), {
    arg: {
      name: 'first',
      typeFunc: () => Int,
      options: { defaultValue, description: `How many ${what} to return, 1 to ${max}.` },
    },
  });
}

/** Returns `first`. Throws InvalidInputError outside 1..max. */
export function pageSize(first: number, max: number): number {
  if (first < 1 || first > max) throw new InvalidInputError(`"first" must be from 1 to ${max}.`, 'first');
  return first;
}

/** `after`: an undecoded cursor; the listing decodes it. */
export function After(): ArgumentDecorator {
  return createParameterDecorator<ApiContext>(({ args }) => args['after'] as string | null | undefined, {
    arg: {
      name: 'after',
      typeFunc: () => String,
      options: {
        nullable: true,
        description:
          'The `endCursor` of the previous page; omit it for the first page. A cursor of a different listing is refused.',
      },
    },
  });
}

/** `userId`: the user a request is about, already authorised. */
export function Subject(): ArgumentDecorator {
  return createParameterDecorator<ApiContext>(
    ({ args, context }) => subjectOf(context.viewer, args['userId'] as string | null | undefined),
    {
      arg: {
        name: 'userId',
        typeFunc: () => ID,
        options: {
          nullable: true,
          description:
            'The user; may be omitted with a user token, which acts for its own user. An admin token may give any user.',
        },
      },
    },
  );
}

/** Cost of a field that returns up to `first` rows. */
export function costOfPage({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const first = typeof args['first'] === 'number' && args['first'] > 0 ? args['first'] : 1;
  return 1 + first * childComplexity;
}

/** Scoring and sorting the catalogue takes about as long as returning this many values. */
const RANKING_COST = 1_000;
/** Likewise for a place of a diversified list, and for a filter. */
const DIVERSITY_COST_PER_ROW = 10;
const FILTER_COST = 100;

/** Cost of a field that ranks the catalogue and returns up to `first` rows, or a single result without `first`. */
export function costOfRanking(estimate: ComplexityEstimatorArgs): number {
  const { first, filter, diversity } = estimate.args as Record<string, unknown>;
  const nRows = typeof first === 'number' && first > 0 ? first : 1;
  return (
    RANKING_COST +
    (filter == null ? 0 : FILTER_COST) +
    (typeof diversity === 'number' && diversity > 0 ? nRows * DIVERSITY_COST_PER_ROW : 0) +
    costOfPage(estimate)
  );
}

/** Cost of a field that returns about `rows` rows, independent of its arguments. */
export function costOfRows(rows: number): (estimate: ComplexityEstimatorArgs) => number {
  return ({ childComplexity }) => 1 + rows * childComplexity;
}

/** Throws InvalidInputError when a string is empty or longer than `max`. */
export function checkText(value: string, field: string, max: number): string {
  if (value.length === 0 || value.length > max) {
    throw new InvalidInputError(`"${field}" must have 1 to ${max} characters.`, field);
  }
  return value;
}

/** Throws InvalidInputError for more rows than a bulk mutation may carry. */
export function checkRows<T>(rows: readonly T[], field: string, max: number): readonly T[] {
  if (rows.length > max) {
    throw new InvalidInputError(`"${field}" may carry ${max} rows at most; it has ${rows.length}.`, field);
  }
  return rows;
}

/** Throws InvalidInputError for more than `max` ids or names, and for names that are too long. */
export function checkNames(names: readonly string[], field: string, max: number): readonly string[] {
  if (checkRows(names, field, max).some((name) => name.length > MAX_ID_CHARACTERS))
    throw new InvalidInputError(
      `Each of "${field}" may have ${MAX_ID_CHARACTERS} characters at most.`,
      field,
    );
  return names;
}

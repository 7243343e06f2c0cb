/** Every text, every list and every page size a caller may send has a bound: the schema itself is walked for them. */

import type { GraphQLInputType } from 'graphql';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildApiSchema } from '../../server/resolvers/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { smallWorld } from '../support/small-world.js';

const LONG = 'x'.repeat(5_000);
const MANY = 5_000;

/** One call with one argument out of bounds. */
interface Case {
  readonly root: 'query' | 'mutation';
  readonly field: string;
  /** Where the value is, such as `filter.categories`. */
  readonly path: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, string>>;
  /** The field has no selection set. */
  readonly isLeaf: boolean;
}

/** The least value of a type that is well-formed. */
function least(type: GraphQLInputType, name: string): unknown {
  if (isNonNullType(type)) return least(type.ofType, name);
  if (isListType(type)) return [least(type.ofType, name)];
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter(isRequiredInputField)
        .map((field) => [field.name, least(field.type, field.name)]),
    );
  if (isEnumType(type)) return type.getValues()[0].name;
  if (name === 'userId') return ALICE;
  const plain: Record<string, unknown> = {
    Int: 1,
    Float: 0,
    Boolean: true,
    DateTime: '2026-01-05T00:00:00Z',
  };
  return plain[getNamedType(type).name] ?? 'x';
}

/** The values of a type with one thing out of bounds: a long text, or too many rows. */
function* excesses(type: GraphQLInputType, name: string): Generator<{ path: string; value: unknown }> {
  if (isNonNullType(type)) yield* excesses(type.ofType, name);
  else if (isListType(type)) {
    yield { path: `${name}[${MANY}]`, value: Array(MANY).fill(least(type.ofType, name)) };
    for (const { path, value } of excesses(type.ofType, name)) yield { path: `[${path}]`, value: [value] };
  } else if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      for (const { path, value } of excesses(field.type, field.name))
        yield {
          path: `${name}.${path}`,
          value: { ...(least(type, name) as object), [field.name]: value },
        };
  } else if (isLeafType(type) && ['String', 'ID'].includes(type.name)) yield { path: name, value: LONG };
  else if (name === 'first')
    yield* [
      { path: name, value: 10_001 },
      { path: `-${name}`, value: -1 },
    ];
}

function casesOf(): Case[] {
  const schema = buildApiSchema();
  const cases: Case[] = [];
  for (const [root, type] of [
    ['query', schema.getQueryType()!],
    ['mutation', schema.getMutationType()!],
  ] as const) {
    for (const field of Object.values(type.getFields())) {
      const types = Object.fromEntries(field.args.map(({ name, type: of }) => [name, String(of)]));
      const isLeaf = isLeafType(getNamedType(field.type));
      const needed = field.args.filter(isRequiredArgument);
      const subject = field.args.some(({ name }) => name === 'userId') ? { userId: ALICE } : {};
      const base = {
        ...subject,
        ...Object.fromEntries(needed.map((arg) => [arg.name, least(arg.type, arg.name)])),
      };
      for (const arg of field.args)
        for (const { path, value } of excesses(arg.type, arg.name))
          cases.push({ root, field: field.name, path, args: { ...base, [arg.name]: value }, types, isLeaf });
    }
  }
  return cases;
}

/** Bulk mutations report a bad row; the others answer with an error. */
const ROWS: Readonly<Record<string, string>> = {
  recordEvents: '{ rows { status } }',
  importItems: '{ rejected { index } }',
};

function documentOf({ root, field, args, types, isLeaf }: Case): string {
  const given = Object.keys(args);
  const heads = given.map((name) => `$${name}: ${types[name]}`).join(', ');
  const passed = given.map((name) => `${name}: $${name}`).join(', ');
  return `${root} Q(${heads}) { ${field}(${passed}) ${ROWS[field] ?? (isLeaf ? '' : '{ __typename }')} }`;
}

describe('the bounds of what may be sent', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    const { container } = await smallWorld({ nUsers: 0 });
    fake = await startFakeApi({ services: container.services });
  });
  afterAll(() => fake.close());

  const cases = casesOf();

  it('are looked for in every root field with such arguments', () => {
    expect(new Set(cases.map(({ field }) => field)).size).toBeGreaterThan(20);
  });

  it.each(cases.map((one) => [`${one.field}(${one.path})`, one] as const))(
    'hold for %s',
    async (_name, one) => {
      const { data, errors, status } = await fake.query(documentOf(one), {
        variables: one.args,
        token: fake.asAdmin,
      });
      expect(status).toBeLessThan(500);
      const rows = data?.recordEvents?.rows ?? data?.importItems?.rejected;
      if (errors === undefined && rows !== undefined) {
        expect(rows).toHaveLength(1);
        expect(rows[0].status ?? 'REJECTED').toBe('REJECTED');
        return;
      }
      expect(errors?.[0]?.extensions['code']).toMatch(/^INVALID_(INPUT|CURSOR)$/);
      expect(errors![0].message.length).toBeLessThan(300);
    },
  );
});

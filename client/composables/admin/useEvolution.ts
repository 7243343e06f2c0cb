/** Drift of behaviour from the active model, and moves of users between two versions. Admins only. */

import { computed, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { toValue } from 'vue';

import {
  DriftDocument,
  EvolutionDocument,
  type DriftQuery,
  type EvolutionQuery,
} from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type DriftReport = NonNullable<DriftQuery['drift']>;
export type Evolution = NonNullable<EvolutionQuery['personaEvolution']>;

type Request = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** `report` is null before the first check. */
export function useDrift(): Request & { readonly report: ComputedRef<DriftReport | null> } {
  const query = useLiveQuery(DriftDocument, {});
  return { ...pick(query), report: computed(() => query.data.value?.drift ?? null) };
}

/** Null versions: the parent of the active version, and the active version. `evolution` is null without two versions. */
export function useEvolution(
  versions: MaybeRefOrGetter<{ readonly from: number | null; readonly to: number | null }>,
): Request & { readonly evolution: ComputedRef<Evolution | null> } {
  const query = useLiveQuery(EvolutionDocument, () => {
    const { from, to } = toValue(versions);
    return { fromVersion: from, toVersion: to };
  });
  return { ...pick(query), evolution: computed(() => query.data.value?.personaEvolution ?? null) };
}

function pick({ isLoading, failure, refetch }: LiveQuery<unknown>): Request {
  return { isLoading, failure, refetch };
}

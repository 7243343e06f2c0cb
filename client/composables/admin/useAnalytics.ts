/** The dashboards: figures of a stretch of time, the map of users, and what differential privacy did. Admins only. */

import { computed, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { toValue } from 'vue';

import {
  AnalyticsDocument,
  ClusterMapDocument,
  PrivacyDocument,
  type AnalyticsQuery,
  type ClusterMapQuery,
  type PrivacyRowFragment,
} from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type Analytics = AnalyticsQuery['analytics'];
export type ClusterMap = NonNullable<ClusterMapQuery['analytics']['clusterMap']>;
export type PrivacyReport = PrivacyRowFragment;

type Request = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** Answers pass by and are not kept: every refresh has other figures. */
const FETCH = { fetchPolicy: 'no-cache' } as const;

/** Asks again whenever the range moves; the last answer stays until the next is there. */
export function useAnalytics(
  range: MaybeRefOrGetter<{ from: string; to: string; grain: 'MINUTE' | 'HOUR' | 'DAY' }>,
): Request & { readonly analytics: ComputedRef<Analytics | null> } {
  const query = useLiveQuery(AnalyticsDocument, () => ({ range: toValue(range) }), FETCH);
  return { ...pick(query), analytics: computed(() => query.data.value?.analytics ?? null) };
}

/** Null before the first training, and while differential privacy is on. */
export function useClusterMap(): Request & { readonly map: ComputedRef<ClusterMap | null> } {
  const query = useLiveQuery(ClusterMapDocument, {}, FETCH);
  return { ...pick(query), map: computed(() => query.data.value?.analytics.clusterMap ?? null) };
}

export function usePrivacyReport(): Request & { readonly report: ComputedRef<PrivacyReport | null> } {
  const query = useLiveQuery(PrivacyDocument, {}, FETCH);
  return { ...pick(query), report: computed(() => query.data.value?.analytics.privacy ?? null) };
}

function pick({ isLoading, failure, refetch }: LiveQuery<unknown>): Request {
  return { isLoading, failure, refetch };
}

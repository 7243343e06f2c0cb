/** Data of the dashboards: figures of a time range, the map of users, and the privacy budget. Admins only. */

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

import { isAnswerTo, type AnalyticsRange } from './analytics-range.js';

export type Analytics = AnalyticsQuery['analytics'];
export type ClusterMap = NonNullable<ClusterMapQuery['analytics']['clusterMap']>;
export type PrivacyReport = PrivacyRowFragment;

type Request = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** Answers are not cached: every refresh returns new figures. */
const FETCH = { fetchPolicy: 'no-cache' } as const;

/**
 * Queries again when the range changes. While a live range of the same length advances, the last answer is kept; it is
 * dropped when a different range is chosen.
 */
export function useAnalytics(
  range: MaybeRefOrGetter<AnalyticsRange>,
): Request & { readonly analytics: ComputedRef<Analytics | null> } {
  const query = useLiveQuery(AnalyticsDocument, () => ({ range: toValue(range) }), FETCH);
  const analytics = computed(() => {
    const answer = query.data.value?.analytics;
    return answer !== undefined && isAnswerTo(toValue(range), answer) ? answer : null;
  });
  return {
    ...pick(query),
    analytics,
    isLoading: computed(() => analytics.value === null && query.failure.value === null),
  };
}

/** Null before the first training, and while differential privacy is on. */
export function useClusterMap(): Request & {
  readonly map: ComputedRef<ClusterMap | null>;
  readonly isWithheld: ComputedRef<boolean>;
} {
  const query = useLiveQuery(ClusterMapDocument, {}, FETCH);
  return {
    ...pick(query),
    map: computed(() => query.data.value?.analytics.clusterMap ?? null),
    isWithheld: computed(() => query.data.value?.analytics.privacy.isEnabled ?? false),
  };
}

export function usePrivacyReport(): Request & { readonly report: ComputedRef<PrivacyReport | null> } {
  const query = useLiveQuery(PrivacyDocument, {}, FETCH);
  return { ...pick(query), report: computed(() => query.data.value?.analytics.privacy ?? null) };
}

function pick({ isLoading, failure, refetch }: LiveQuery<unknown>): Request {
  return { isLoading, failure, refetch };
}

/** Data of the dashboards: figures of a time range, the map of users, and the privacy budget. Admins only. */

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { computed, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { toValue } from 'vue';

import {
  ClusterMapDocument,
  OverviewClicksDocument,
  OverviewEngagementDocument,
  OverviewHabitsDocument,
  OverviewTotalsDocument,
  PrivacyDocument,
  type AnalyticsRangeInput,
  type ClusterMapQuery,
  type MarkRowFragment,
  type PrivacyRowFragment,
  type TotalsRowFragment,
} from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

import { isAnswerTo, type AnalyticsRange } from './analytics-range.js';

export type AnalyticsTotals = TotalsRowFragment;
export type AnalyticsMark = MarkRowFragment;
export type ClusterMap = NonNullable<ClusterMapQuery['analytics']['clusterMap']>;
export type PrivacyReport = PrivacyRowFragment;

type Request = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** Answers are not cached: every refresh returns new figures. */
const FETCH = { fetchPolicy: 'no-cache' } as const;

/** A part of the figures of a range. */
export interface RangePart<T> extends Request {
  /** Null until the figures of the chosen range have arrived. */
  readonly figures: ComputedRef<T | null>;
}

/** The parts of the figures of a range, each loaded and refreshed by itself. */
export function useAnalytics(range: MaybeRefOrGetter<AnalyticsRange>) {
  return {
    totals: usePart(OverviewTotalsDocument, range),
    clicks: usePart(OverviewClicksDocument, range),
    engagement: usePart(OverviewEngagementDocument, range),
    habits: usePart(OverviewHabitsDocument, range),
  };
}

/**
 * Queries again when the range changes. While a live range of the same length advances, the last answer is kept; it is
 * dropped when a different range is chosen.
 */
function usePart<T extends AnalyticsRange>(
  document: TypedDocumentNode<{ analytics: T }, { range: AnalyticsRangeInput }>,
  range: MaybeRefOrGetter<AnalyticsRange>,
): RangePart<T> {
  const query = useLiveQuery(document, () => ({ range: toValue(range) }), FETCH);
  const figures = computed(() => {
    const answer = query.data.value?.analytics;
    return answer !== undefined && isAnswerTo(toValue(range), answer) ? answer : null;
  });
  return {
    ...pick(query),
    figures,
    isLoading: computed(() => figures.value === null && query.failure.value === null),
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

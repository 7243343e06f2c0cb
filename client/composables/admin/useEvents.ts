/** The latest events, refreshed every two seconds while live; how they arrive; and past imports. Admins only. */

import { computed, onScopeDispose, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue';

import {
  EventTailDocument,
  IngestionDocument,
  type ActivityKind,
  type EventTailQuery,
  type IngestionQuery,
} from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type TailedEvent = EventTailQuery['events'][number];
export type Ingestion = IngestionQuery['ingestion'];
export type ImportRecord = IngestionQuery['imports'][number];

const REFRESH_MS = 2_000;
const TAIL_LENGTH = 50;

export const EVENT_TYPES: readonly ActivityKind[] = [
  'IMPRESSION',
  'VIEW',
  'CLICK',
  'SEARCH',
  'CART',
  'PURCHASE',
  'LIKE',
  'DISLIKE',
  'RETRACT',
  'RATING',
];

export interface EventTail extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Newest first. */
  readonly events: ComputedRef<readonly TailedEvent[]>;
  /** Null until the first answer. */
  readonly ingestion: ComputedRef<Ingestion | null>;
  /** Newest first. */
  readonly imports: ComputedRef<readonly ImportRecord[]>;
}

export function useEventTail(
  request: MaybeRefOrGetter<{ readonly userId: string | null; readonly type: ActivityKind | null }>,
  isLive: MaybeRefOrGetter<boolean>,
): EventTail {
  const overall = useLiveQuery(IngestionDocument, {}, { fetchPolicy: 'no-cache' });
  const ingestion = computed(() => overall.data.value?.ingestion ?? null);
  const tail = useLiveQuery(EventTailDocument, () => ({ ...toValue(request), first: TAIL_LENGTH }), {
    fetchPolicy: 'no-cache',
    isEnabled: computed(() => ingestion.value?.isWithheld === false),
  });
  const timer = setInterval(() => {
    if (!toValue(isLive)) return;
    overall.refetch();
    tail.refetch();
  }, REFRESH_MS);
  onScopeDispose(() => clearInterval(timer));
  return {
    events: computed(() => tail.data.value?.events ?? []),
    ingestion,
    imports: computed(() => overall.data.value?.imports ?? []),
    isLoading: computed(
      () => overall.isLoading.value || (!ingestion.value?.isWithheld && tail.isLoading.value),
    ),
    failure: computed(() => overall.failure.value ?? tail.failure.value),
    refetch() {
      overall.refetch();
      tail.refetch();
    },
  };
}

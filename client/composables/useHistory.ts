/** The viewer's recorded interactions, page by page. */

import { useApolloClient } from '@vue/apollo-composable';
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue';

import {
  MyActivityDocument,
  MyTimelineDocument,
  type MyActivityQuery,
  type MyTimelineQuery,
} from '../generated/user/graphql.js';

import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';

const PAGE = 25;

export type Activity = MyActivityQuery['me']['activity']['nodes'][number];
export type TimelineStep = MyTimelineQuery['me']['personaTimeline'][number];

type State = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

export function useTimeline(): State & { readonly steps: ComputedRef<readonly TimelineStep[]> } {
  const { data, ...state } = useLiveQuery(MyTimelineDocument, {});
  return { ...state, steps: computed(() => data.value?.me.personaTimeline ?? []) };
}

export interface History extends State {
  readonly userId: ComputedRef<string | null>;
  /** Only these are listed; null: all. */
  readonly type: Ref<Activity['type'] | null>;
  /** Newest first. */
  readonly rows: ComputedRef<readonly Activity[]>;
  readonly hasMore: ComputedRef<boolean>;
  readonly isLoadingMore: Readonly<Ref<boolean>>;
  more(): Promise<void>;
}

export function useHistory(): History {
  const { client } = useApolloClient();
  const type = ref<Activity['type'] | null>(null);
  const query = useLiveQuery(MyActivityDocument, () => ({ first: PAGE, type: type.value }), {
    fetchPolicy: 'no-cache',
  });
  const older = shallowRef<readonly MyActivityQuery['me']['activity'][]>([]);
  const isLoadingMore = ref(false);
  // A new first page may overlap with the pages appended before.
  query.onResult(() => (older.value = []));
  watch(type, () => (older.value = []));
  const newest = computed(() => query.data.value?.me.activity);
  const last = computed(() => older.value.at(-1) ?? newest.value);
  return {
    type,
    userId: computed(() => query.data.value?.me.userId ?? null),
    rows: computed(() => [newest.value, ...older.value].flatMap((page) => page?.nodes ?? [])),
    hasMore: computed(() => last.value?.pageInfo.hasNextPage ?? false),
    isLoadingMore,
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    async more() {
      const after = last.value?.pageInfo.endCursor;
      if (after == null || isLoadingMore.value) return;
      isLoadingMore.value = true;
      const before = older.value;
      const page = await client
        .query({
          query: MyActivityDocument,
          variables: { first: PAGE, after, type: type.value },
          fetchPolicy: 'no-cache',
        })
        .catch(() => null);
      isLoadingMore.value = false;
      if (page !== null && older.value === before) older.value = [...before, page.data.me.activity];
    },
  };
}

/** Everything held about the viewer: to look at, to take along, to have erased. */

import { useApolloClient, useMutation } from '@vue/apollo-composable';
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue';

import {
  EraseMeDocument,
  ExportMeDocument,
  MyActivityDocument,
  MyTimelineDocument,
  type MyActivityQuery,
  type MyTimelineQuery,
} from '../generated/graphql.js';

import { useSession } from './session.js';
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
  /** Newest first. */
  readonly rows: ComputedRef<readonly Activity[]>;
  readonly hasMore: ComputedRef<boolean>;
  readonly isLoadingMore: Readonly<Ref<boolean>>;
  more(): Promise<void>;
}

export function useHistory(): History {
  const { client } = useApolloClient();
  const query = useLiveQuery(MyActivityDocument, { first: PAGE }, { fetchPolicy: 'no-cache' });
  const older = shallowRef<readonly MyActivityQuery['me']['activity'][]>([]);
  const isLoadingMore = ref(false);
  // A new first page may overlap with what was appended to the one before.
  query.onResult(() => (older.value = []));
  const newest = computed(() => query.data.value?.me.activity);
  const last = computed(() => older.value.at(-1) ?? newest.value);
  return {
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
        .query({ query: MyActivityDocument, variables: { first: PAGE, after }, fetchPolicy: 'no-cache' })
        .catch(() => null);
      isLoadingMore.value = false;
      if (page !== null && older.value === before) older.value = [...before, page.data.me.activity];
    },
  };
}

export interface MyData {
  readonly isBusy: ComputedRef<boolean>;
  /** What became of the last request; null before one. */
  readonly outcome: Readonly<Ref<'exported' | 'nothing' | 'failed' | null>>;
  /** The whole document as JSON; null where there is none. */
  exportAll(): Promise<string | null>;
  /** Ends in the signed-out state. */
  erase(): Promise<void>;
}

export function useMyData(): MyData {
  const session = useSession();
  const exporting = useMutation(ExportMeDocument, { fetchPolicy: 'no-cache' });
  const erasing = useMutation(EraseMeDocument, { fetchPolicy: 'no-cache' });
  const outcome = ref<'exported' | 'nothing' | 'failed' | null>(null);
  return {
    isBusy: computed(() => exporting.loading.value || erasing.loading.value),
    outcome,
    async exportAll() {
      const answer = await exporting.mutate().catch(() => null);
      const found = answer?.data?.exportUser;
      if (found?.__typename === 'UserExport') {
        outcome.value = 'exported';
        return found.document;
      }
      outcome.value = found === undefined ? 'failed' : 'nothing';
      return null;
    },
    async erase() {
      const answer = await erasing.mutate().catch(() => null);
      if (answer?.data) session.signOut('erased');
      else outcome.value = 'failed';
    },
  };
}

/** The viewer's thumbs: the list, and giving, changing and taking back a thumb. */

import { useApolloClient, useMutation } from '@vue/apollo-composable';
import { computed, shallowReadonly, shallowRef, type ComputedRef, type ShallowRef } from 'vue';

import { MyThumbsDocument, SendFeedbackDocument } from '../generated/user/graphql.js';
import type {
  ItemBriefFragment,
  Opinion,
  SendFeedbackMutation,
  ThumbFragment,
} from '../generated/user/graphql.js';

import { useLiveQuery } from './useLiveQuery.js';

export type { Opinion };
export type Thumb = ThumbFragment;
export type BriefItem = Omit<ItemBriefFragment, '__typename'>;
export type AcceptedThumb = Extract<SendFeedbackMutation['sendFeedback'], { __typename: 'FeedbackAccepted' }>;

export interface ThumbRequest {
  readonly item: BriefItem;
  readonly value: Opinion;
  readonly listId?: string;
  /** Zero-based place in that list. */
  readonly position?: number;
}

/** A thumb given here, with the opinion it replaced and whether it got through. */
export interface GivenThumb extends ThumbRequest {
  readonly previous: Opinion;
  readonly state: 'sending' | 'saved' | 'failed';
}

export interface Thumbs {
  /** Newest first. */
  readonly thumbs: ComputedRef<readonly Thumb[]>;
  readonly isLoading: ComputedRef<boolean>;
  /** The last thumb given here. */
  readonly last: Readonly<ShallowRef<GivenThumb | null>>;
  /** Failed thumbs, oldest first; each stays until it is sent again or dismissed. */
  readonly failed: ComputedRef<readonly GivenThumb[]>;
  /** The opinion to show; includes a thumb that is still being sent. */
  opinionOf(itemId: string): Opinion;
  isSending(itemId: string): boolean;
  /** The latest thumb given on an item in this window, until it is settled or dismissed; null otherwise. */
  givenOn(itemId: string): GivenThumb | null;
  /** True while a row still says "Liked" or "Disliked" for a thumb just given. */
  isAnswering(): boolean;
  /** Resolves to the answer, or to null when the thumb did not get through. */
  send(request: ThumbRequest): Promise<AcceptedThumb | null>;
  /** Forgets the thumbs that were saved, so that their rows look as usual. */
  settle(): void;
  dismissFailed(): void;
  refetch(): void;
}

/** A thumb without an answer after this long has failed. Sending it again is safe: the server keeps the latest opinion. */
const DEADLINE_MS = 15_000;

export function useThumbs(): Thumbs {
  const query = useLiveQuery(MyThumbsDocument, {});
  const mutation = useMutation(SendFeedbackDocument, { fetchPolicy: 'no-cache' });
  const { client } = useApolloClient();
  const given = shallowRef<ReadonlyMap<string, GivenThumb>>(new Map());
  const last = shallowRef<GivenThumb | null>(null);

  const thumbs = computed(() =>
    [...(query.data.value?.me.feedback.nodes ?? [])].sort((a, b) => b.at.localeCompare(a.at)),
  );
  const stored = computed(() => new Map(thumbs.value.map(({ itemId, value }) => [itemId, value])));
  const isSending = (itemId: string) => given.value.get(itemId)?.state === 'sending';
  function opinionOf(itemId: string): Opinion {
    const thumb = given.value.get(itemId);
    if (thumb !== undefined && thumb.state !== 'failed') return thumb.value;
    return stored.value.get(itemId) ?? 'NONE';
  }

  function note(thumb: GivenThumb): void {
    // An answer to an earlier thumb may arrive late; it must not replace a later thumb.
    if (thumb.state === 'sending' || last.value?.item.id === thumb.item.id) last.value = thumb;
    given.value = new Map(given.value).set(thumb.item.id, thumb);
  }

  function keepGiven(isKept: (thumb: GivenThumb) => boolean): void {
    given.value = new Map([...given.value].filter(([, thumb]) => isKept(thumb)));
  }

  function remember(thumb: Thumb): void {
    client.cache.updateQuery({ query: MyThumbsDocument }, (known) => {
      if (known === null) return known;
      const { me } = known;
      const others = me.feedback.nodes.filter(({ itemId }) => itemId !== thumb.itemId);
      const nodes = thumb.value === 'NONE' ? others : [thumb, ...others];
      return { ...known, me: { ...me, feedback: { ...me.feedback, nodes } } };
    });
  }

  async function send(request: ThumbRequest): Promise<AcceptedThumb | null> {
    const { item, value, listId, position } = request;
    const thumb = { ...request, previous: opinionOf(item.id) };
    note({ ...thumb, state: 'sending' });
    const outcome = await mutation
      .mutate(
        { input: { itemId: item.id, value, listId, position } },
        { context: { fetchOptions: { signal: AbortSignal.timeout(DEADLINE_MS) } } },
      )
      .then((answer) => answer?.data?.sendFeedback)
      .catch(() => undefined);
    const isSaved = outcome?.__typename === 'FeedbackAccepted';
    if (isSaved) remember(outcome.feedback);
    note({ ...thumb, state: isSaved ? 'saved' : 'failed' });
    return isSaved ? outcome : null;
  }

  return {
    thumbs,
    isLoading: query.isLoading,
    last: shallowReadonly(last),
    failed: computed(() => [...given.value.values()].filter(({ state }) => state === 'failed')),
    opinionOf,
    isSending,
    givenOn: (itemId) => given.value.get(itemId) ?? null,
    isAnswering: () =>
      [...given.value.values()].some(({ state, value }) => state !== 'failed' && value !== 'NONE'),
    send,
    settle: () => keepGiven(({ state }) => state !== 'saved'),
    dismissFailed: () => keepGiven(({ state }) => state !== 'failed'),
    refetch: query.refetch,
  };
}

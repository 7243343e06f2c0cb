/** The viewer's thumbs: the list, and giving, changing and taking back a thumb. */

import { useApolloClient, useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, shallowRef, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import { MyThumbsDocument, SendFeedbackDocument } from '../generated/user/graphql.js';
import type {
  ItemBriefFragment,
  Opinion,
  SendFeedbackMutation,
  ThumbFragment,
} from '../generated/user/graphql.js';

import { failureOf, type Failure, type RequestErrorLike } from './failure.js';
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

/** The last thumb given here, and the opinion it replaced. */
export interface GivenThumb extends ThumbRequest {
  readonly previous: Opinion;
}

export interface Thumbs {
  /** Newest first. */
  readonly thumbs: ComputedRef<readonly Thumb[]>;
  readonly isLoading: ComputedRef<boolean>;
  readonly last: DeepReadonly<Ref<GivenThumb | null>>;
  /** Why the last thumb was refused; null if it was accepted. */
  readonly failure: DeepReadonly<Ref<Failure | null>>;
  /** The opinion as shown: a thumb that is being sent already counts. */
  opinionOf(itemId: string): Opinion;
  isSending(itemId: string): boolean;
  /** Resolves to the answer, or to null if it was refused; `failure` holds the reason. */
  send(request: ThumbRequest): Promise<AcceptedThumb | null>;
  refetch(): void;
}

export function useThumbs(): Thumbs {
  const query = useLiveQuery(MyThumbsDocument, {});
  const mutation = useMutation(SendFeedbackDocument, { fetchPolicy: 'no-cache' });
  const { client } = useApolloClient();
  const sending = shallowRef<ReadonlyMap<string, Opinion>>(new Map());
  const last = ref<GivenThumb | null>(null);
  const failure = ref<Failure | null>(null);

  const thumbs = computed(() =>
    [...(query.data.value?.me.feedback.nodes ?? [])].sort((a, b) => b.at.localeCompare(a.at)),
  );
  const stored = computed(() => new Map(thumbs.value.map(({ itemId, value }) => [itemId, value])));
  const opinionOf = (itemId: string) => sending.value.get(itemId) ?? stored.value.get(itemId) ?? 'NONE';

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
    const previous = opinionOf(item.id);
    sending.value = new Map(sending.value).set(item.id, value);
    failure.value = null;
    try {
      const answer = await mutation.mutate({ input: { itemId: item.id, value, listId, position } });
      const outcome = answer?.data?.sendFeedback;
      if (outcome?.__typename === 'FeedbackAccepted') {
        last.value = { ...request, previous };
        remember(outcome.feedback);
        return outcome;
      }
      failure.value = { kind: 'fault', message: outcome?.message ?? null, reference: null };
    } catch (error) {
      failure.value = failureOf(error as RequestErrorLike);
    } finally {
      const rest = new Map(sending.value);
      rest.delete(item.id);
      sending.value = rest;
    }
    last.value = { ...request, previous };
    return null;
  }

  return {
    thumbs,
    isLoading: query.isLoading,
    last: readonly(last),
    failure: readonly(failure),
    opinionOf,
    isSending: (itemId) => sending.value.has(itemId),
    send,
    refetch: query.refetch,
  };
}

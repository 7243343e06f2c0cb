/** The viewer's ranked list: queried once, then pushed, and held while the user points at it. */

import type { MaybeRefOrGetter, Ref } from 'vue';

import {
  RecommendationsDocument,
  RecommendationsUpdatedDocument,
  type RankedListFragment,
  type UpdateCause,
} from '../generated/user/graphql.js';

import { useConnection } from './connection.js';
import { useHeldList, type HeldList } from './useHeldList.js';
import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';
import { useLiveSubscription } from './useLiveSubscription.js';

export type RankedList = RankedListFragment;

export interface Recommendations
  extends
    Omit<HeldList<RankedList>, 'forgetRevision' | 'offer'>,
    Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Offers the list from the answer to a thumb; queries again if it does not fit the request. */
  offerAnswer(answer: { list: RankedList; latencyMs: number }): void;
  /** Calls back for every pushed list, shown or held. */
  onPushed(callback: (cause: UpdateCause) => void): void;
}

/** Arguments of the list. */
export interface ListRequest {
  /** Length of the list, 1 to 100. */
  readonly first: number;
  /** A single category; null for all. */
  readonly category: string | null;
  /** Label of a facet of the user; null for all. */
  readonly facet: string | null;
  /** 0 ranks by score alone, 1 by variety. */
  readonly diversity: number;
}

export interface RecommendationsOptions {
  readonly request: Readonly<Ref<ListRequest>>;
  /** While true, pushed lists wait. */
  readonly isHeld: MaybeRefOrGetter<boolean>;
  /** While true, lists wait that a thumb given here caused, too. */
  readonly isAnswering: MaybeRefOrGetter<boolean>;
}

/** Length of the list in the answer of a thumb. */
const ANSWER_LENGTH = 10;

export function useRecommendations({
  request,
  isHeld,
  isAnswering,
}: RecommendationsOptions): Recommendations {
  const { forgetRevision, ...held } = useHeldList<RankedList>(isHeld, isAnswering);
  let asked: ListRequest | null = null;
  let isAnswerOwn = false;
  // Registered before the query, so that its answer after a reconnect is accepted with any revision.
  useConnection().onRestored(forgetRevision);

  const variables = () => {
    const { first, category, facet, diversity } = request.value;
    const categories = category === null ? null : [category];
    return { first, diversity, filter: (categories ?? facet) ? { categories, facet } : null };
  };
  const query = useLiveQuery(RecommendationsDocument, variables, { fetchPolicy: 'no-cache' });
  query.onResult(({ recommendations }) => {
    const isOther = asked !== null && asked !== request.value;
    asked = request.value;
    held.offer({ list: recommendations, latencyMs: null, isOther, isOwn: isAnswerOwn });
    isAnswerOwn = false;
  });

  const pushed = useLiveSubscription(RecommendationsUpdatedDocument, variables, query.refetch);
  pushed.onData(({ recommendationsUpdated }) => held.offer(recommendationsUpdated));
  const isShaped = () => {
    const { category, facet, diversity } = request.value;
    return category !== null || facet !== null || diversity > 0;
  };

  return {
    ...held,
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    offerAnswer({ list, latencyMs }) {
      if (!isShaped() && request.value.first === ANSWER_LENGTH) held.offer({ list, latencyMs, isOwn: true });
      else {
        isAnswerOwn = true;
        query.refetch();
      }
    },
    onPushed(callback) {
      pushed.onData(({ recommendationsUpdated }) => callback(recommendationsUpdated.cause));
    },
  };
}

/** The viewer's ranked list: asked for once, then pushed, and held still while the reader points at it. */

import type { MaybeRefOrGetter } from 'vue';

import {
  RecommendationsDocument,
  RecommendationsUpdatedDocument,
  type RankedListFragment,
  type UpdateCause,
} from '../generated/graphql.js';

import { useConnection } from './connection.js';
import { useHeldList, type HeldList } from './useHeldList.js';
import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';
import { useLiveSubscription } from './useLiveSubscription.js';

export type RankedList = RankedListFragment;

export interface Recommendations
  extends
    Omit<HeldList<RankedList>, 'forgetRevision'>,
    Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Calls back for every pushed list, shown or held. */
  onPushed(callback: (cause: UpdateCause) => void): void;
}

export interface RecommendationsOptions {
  /** Length of the list, 1 to 100. */
  readonly first: number;
  /** While true, pushed lists wait. */
  readonly isHeld: MaybeRefOrGetter<boolean>;
}

export function useRecommendations({ first, isHeld }: RecommendationsOptions): Recommendations {
  const { forgetRevision, ...held } = useHeldList<RankedList>(isHeld);
  // Before the query hears of it: its answer is the truth again, however the server counts now.
  useConnection().onRestored(forgetRevision);

  const query = useLiveQuery(RecommendationsDocument, { first }, { fetchPolicy: 'no-cache' });
  query.onResult(({ recommendations }) => held.offer({ list: recommendations, latencyMs: null }));

  const pushed = useLiveSubscription(RecommendationsUpdatedDocument, { first }, query.refetch);
  pushed.onData(({ recommendationsUpdated }) => held.offer(recommendationsUpdated));

  return {
    ...held,
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    onPushed(callback) {
      pushed.onData(({ recommendationsUpdated }) => callback(recommendationsUpdated.cause));
    },
  };
}

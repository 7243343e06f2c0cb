/** The ranked list as a live value, the common case for frontends. */

import {
  RecommendationsDocument,
  RecommendationsUpdatedDocument,
  type RankedListFragment,
} from '../generated/graphql.js';

import type { Client } from './client.js';
import type { RequestFailedError } from './errors.js';

export interface FollowRecommendationsOptions {
  /** Length of the list, 1 to 100; default 10. */
  readonly first?: number;
  readonly onList: (list: RankedListFragment) => void;
  /** Called for a refusal that a retry cannot fix. */
  readonly onError?: (error: RequestFailedError) => void;
}

/** Calls back with the list and with every update. Returns a function that stops it. */
export function followRecommendations(
  client: Pick<Client, 'follow'>,
  { first = 10, onList, onError }: FollowRecommendationsOptions,
): () => void {
  return client.follow({
    query: RecommendationsDocument,
    subscription: RecommendationsUpdatedDocument,
    variables: { first },
    ofQuery: ({ recommendations }) => recommendations,
    ofUpdate: ({ recommendationsUpdated }) => recommendationsUpdated.list,
    onValue: onList,
    onError,
  });
}

/** A user's persona and its history, thumbs, and recommendations, live. Admins only. */

import { computed, ref, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { toValue } from 'vue';

import { UserListUpdatedDocument, UserLookupDocument } from '../../generated/graphql.js';
import type { RankedListFragment, UserLookupQuery } from '../../generated/graphql.js';
import { useHeldList, useLiveQuery, useLiveSubscription, type HeldList, type LiveQuery } from '../index.js';

export type FoundUser = NonNullable<UserLookupQuery['user']>;

export interface UserLookup extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Null if the id is unknown; undefined until the answer arrives. */
  readonly user: ComputedRef<FoundUser | null | undefined>;
  readonly list: Pick<HeldList<RankedListFragment>, 'shown' | 'change'>;
}

const LIST_LENGTH = 10;

/** The text if it is a pseudonym, 64 hexadecimal digits; otherwise null. */
export function userIdOf(text: string | null): string | null {
  return text !== null && /^[0-9a-f]{64}$/.test(text) ? text : null;
}

/** Queries while `userId` is not null. */
export function useUserLookup(userId: MaybeRefOrGetter<string | null>): UserLookup {
  const isEnabled = computed(() => toValue(userId) !== null);
  const variables = computed(() => ({ id: toValue(userId) ?? '', first: LIST_LENGTH }));
  const { forgetRevision, ...list } = useHeldList<RankedListFragment>(ref(false));
  const query = useLiveQuery(UserLookupDocument, variables, { isEnabled, fetchPolicy: 'no-cache' });
  query.onResult(({ user, recommendations }) => {
    if (user == null || user.id !== toValue(userId)) return;
    forgetRevision();
    list.offer({ list: recommendations, latencyMs: null });
  });
  const pushed = useLiveSubscription(UserListUpdatedDocument, variables, query.refetch, isEnabled);
  pushed.onData(({ recommendationsUpdated }) => {
    list.offer(recommendationsUpdated);
    query.refetch();
  });
  const isAnswer = computed(() => query.data.value?.recommendations.userId === toValue(userId));
  return {
    user: computed(() => (isEnabled.value && isAnswer.value ? (query.data.value?.user ?? null) : undefined)),
    list,
    isLoading: computed(() => isEnabled.value && !isAnswer.value && query.failure.value === null),
    failure: query.failure,
    refetch: query.refetch,
  };
}

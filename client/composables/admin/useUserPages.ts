/** Pages of users, optionally of a single persona, or with pseudonyms that begin with a text. Admins only. */

import { computed, ref, watch, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { toValue } from 'vue';

import { UserPageDocument, type UserPageQuery } from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type ListedUser = UserPageQuery['users']['nodes'][number];

export interface UserPages extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  readonly users: ComputedRef<readonly ListedUser[]>;
  readonly hasNext: ComputedRef<boolean>;
  readonly hasPrevious: ComputedRef<boolean>;
  next(): void;
  previous(): void;
}

const PAGE_LENGTH = 20;

/** `idPrefix`: the beginning of the pseudonyms; null for all users. */
export function useUserPages(
  personaId: MaybeRefOrGetter<string | null>,
  idPrefix: MaybeRefOrGetter<string | null>,
): UserPages {
  /** Cursors of the previous pages. */
  const trail = ref<string[]>([]);
  watch([() => toValue(personaId), () => toValue(idPrefix)], () => (trail.value = []));
  const query = useLiveQuery(
    UserPageDocument,
    () => ({
      first: PAGE_LENGTH,
      after: trail.value.at(-1) ?? null,
      personaId: toValue(personaId),
      idPrefix: toValue(idPrefix),
    }),
    { fetchPolicy: 'no-cache' },
  );
  const page = computed(() => query.data.value?.users);
  return {
    users: computed(() => page.value?.nodes ?? []),
    hasNext: computed(() => page.value?.pageInfo.hasNextPage ?? false),
    hasPrevious: computed(() => trail.value.length > 0),
    next() {
      const cursor = page.value?.pageInfo.endCursor;
      if (cursor != null) trail.value = [...trail.value, cursor];
    },
    previous() {
      trail.value = trail.value.slice(0, -1);
    },
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
  };
}

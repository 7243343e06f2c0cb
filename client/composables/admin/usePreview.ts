/** The list of a user under a version, a filter and a diversity. Admins only. */

import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue';

import { PreviewListDocument, PreviewUsersDocument, type PreviewListQuery } from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type PreviewList = NonNullable<PreviewListQuery['previewRecommendations']>;

export interface PreviewRequest {
  readonly userId: string | null;
  readonly version: number | null;
  readonly category: string | null;
  /** 0 to 1. */
  readonly diversity: number;
}

export interface Preview extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Null if the version cannot be read; undefined until the answer to this request arrives. */
  readonly list: ComputedRef<PreviewList | null | undefined>;
}

const LIST_LENGTH = 10;

/** Asks while user and version are known. */
export function usePreview(request: MaybeRefOrGetter<PreviewRequest>): Preview {
  const isEnabled = computed(() => toValue(request).userId !== null && toValue(request).version !== null);
  const query = useLiveQuery(
    PreviewListDocument,
    () => {
      const { userId, version, category, diversity } = toValue(request);
      return {
        userId: userId ?? '',
        version: version ?? 0,
        first: LIST_LENGTH,
        filter: category === null ? null : { categories: [category] },
        diversity,
      };
    },
    { fetchPolicy: 'no-cache', isEnabled },
  );
  const list = computed(() => {
    const answer = query.data.value?.previewRecommendations;
    const { userId, version } = toValue(request);
    if (answer == null) return answer;
    return answer.userId === userId && answer.modelVersion === version ? answer : undefined;
  });
  return { list, isLoading: query.isLoading, failure: query.failure, refetch: query.refetch };
}

/** Some user, for a first look; null while there are none. */
export function useSampleUser(): ComputedRef<string | null> {
  const query = useLiveQuery(PreviewUsersDocument, {}, { fetchPolicy: 'cache-first' });
  return computed(() => query.data.value?.users.nodes[0]?.id ?? null);
}

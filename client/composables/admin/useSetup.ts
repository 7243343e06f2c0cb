/** Steps of the set-up. Admins only. */

import { computed, onScopeDispose, type ComputedRef } from 'vue';

import { SetupStepsDocument, type SetupStepsQuery } from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

export type SetupSteps = SetupStepsQuery['setup'];

const REFRESH_MS = 2_000;

export interface Setup extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Null until the first answer. */
  readonly steps: ComputedRef<SetupSteps | null>;
  /** True while nothing has been stored at all; null until the first answer. */
  readonly isEmpty: ComputedRef<boolean | null>;
}

/** `isFollowing`: asks again every two seconds until all steps are done. */
export function useSetup({ isFollowing }: { isFollowing: boolean }): Setup {
  const query = useLiveQuery(SetupStepsDocument, {}, { fetchPolicy: 'no-cache' });
  const steps = computed(() => query.data.value?.setup ?? null);
  const isDone = computed(() => {
    const now = steps.value;
    return now !== null && now.hasEvents && now.hasItems && now.hasModel && now.hasThumb !== false;
  });
  if (isFollowing) {
    const timer = setInterval(() => isDone.value || query.refetch(), REFRESH_MS);
    onScopeDispose(() => clearInterval(timer));
  }
  return {
    steps,
    isEmpty: computed(() => {
      const now = steps.value;
      return now === null ? null : !now.hasEvents && !now.hasItems && !now.hasModel;
    }),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
  };
}

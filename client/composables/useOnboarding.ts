/** Items to ask a user without any history about, on the first visit. */

import { computed, ref, watch, type ComputedRef, type MaybeRefOrGetter, toValue } from 'vue';

import { OnboardingItemsDocument } from '../generated/user/graphql.js';

import { useLiveQuery } from './useLiveQuery.js';
import type { BriefItem } from './useThumbs.js';

export interface Onboarding {
  /** Empty for users with a history, and once dismissed. */
  readonly items: ComputedRef<readonly BriefItem[]>;
  dismiss(): void;
}

/** `isNewcomer`: undefined while unknown. Its first value counts: the items stay while the user answers. */
export function useOnboarding(isNewcomer: MaybeRefOrGetter<boolean | undefined>): Onboarding {
  const isOffered = ref<boolean | null>(null);
  watch(
    () => toValue(isNewcomer),
    (known) => {
      if (known !== undefined) isOffered.value ??= known;
    },
    { immediate: true },
  );
  const query = useLiveQuery(
    OnboardingItemsDocument,
    {},
    // From the cache once answered, since the server leaves out items that the user has met.
    { fetchPolicy: 'cache-first', isEnabled: computed(() => isOffered.value === true) },
  );
  return {
    items: computed(() => (isOffered.value === true ? (query.data.value?.onboardingItems ?? []) : [])),
    dismiss: () => (isOffered.value = false),
  };
}

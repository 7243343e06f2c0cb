/** What a view shows, kept in the address, so that a link to it shows the same to whoever follows it. */

import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** Null stands for a parameter that is not there. Setting one replaces the entry of the history, like scrolling. */
export function useAddressParameter(name: string): WritableComputedRef<string | null> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get() {
      const value = route.query[name];
      return typeof value === 'string' && value !== '' ? value : null;
    },
    set(value) {
      const query = { ...route.query };
      if (value === null) delete query[name];
      else query[name] = value;
      void router.replace({ query, hash: route.hash });
    },
  });
}

/** View state in the query string of the address, so that a link reproduces the view. */

import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** A query parameter; null if it is absent. Setting it replaces the history entry instead of adding to it. */
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

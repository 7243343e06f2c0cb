/** The item whose panel is open, in the address: a link opens the same panel, and Back closes it. */

import { computed, type ComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

interface OpenItem {
  readonly itemId: ComputedRef<string | null>;
  show(itemId: string): void;
  close(): void;
}

export function useOpenItem(): OpenItem {
  const route = useRoute();
  const router = useRouter();
  const itemId = computed(() => {
    const { item } = route.query;
    return typeof item === 'string' && item !== '' ? item : null;
  });
  /** The address without the panel. */
  const below = () => {
    const { item: _item, ...query } = route.query;
    return { query, hash: route.hash };
  };
  return {
    itemId,
    show(item) {
      const to = { query: { ...route.query, item }, hash: route.hash };
      // From one item to the next, so that a single step back leads to the list.
      void (itemId.value === null ? router.push(to) : router.replace(to));
    },
    close() {
      const isOpenedHere =
        (history.state as { back?: string } | null)?.back === router.resolve(below()).fullPath;
      if (isOpenedHere) router.back();
      else void router.replace(below());
    },
  };
}

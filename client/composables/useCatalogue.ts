/** The catalogue: categories, search by title, and an item with similar items. */

import { computed, onScopeDispose, ref, toValue, watch } from 'vue';
import type { ComputedRef, MaybeRefOrGetter, Ref } from 'vue';

import {
  CategoriesDocument,
  FoundItemsDocument,
  ItemDetailsDocument,
  type ItemDetailsQuery,
} from '../generated/user/graphql.js';

import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';
import type { BriefItem } from './useThumbs.js';

const TYPING_MS = 180;
const PAGE = 8;
const MOST = 100;

export type ItemDetails = NonNullable<ItemDetailsQuery['item']>;
export type SimilarItem = NonNullable<ItemDetailsQuery['similarItems']>[number];

export function useCategories(): ComputedRef<readonly string[]> {
  const query = useLiveQuery(CategoriesDocument, {}, { fetchPolicy: 'cache-first' });
  return computed(() => query.data.value?.categories ?? []);
}

export interface Search extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  readonly text: Ref<string>;
  /** The query of the results; empty without a search. */
  readonly asked: Readonly<Ref<string>>;
  readonly items: ComputedRef<readonly BriefItem[]>;
  readonly hasMore: ComputedRef<boolean>;
  more(): void;
}

export function useSearch(): Search {
  const text = ref('');
  const asked = ref('');
  const first = ref(PAGE);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(text, (typed) => {
    clearTimeout(timer);
    const ask = () => {
      asked.value = typed.trim();
      first.value = PAGE;
    };
    if (typed.trim() === '') ask();
    else timer = setTimeout(ask, TYPING_MS);
  });
  onScopeDispose(() => clearTimeout(timer));
  const query = useLiveQuery(FoundItemsDocument, () => ({ search: asked.value, first: first.value }), {
    fetchPolicy: 'cache-first',
    isEnabled: computed(() => asked.value !== ''),
  });
  return {
    text,
    asked,
    items: computed(() => query.data.value?.items.nodes ?? []),
    hasMore: computed(() => (query.data.value?.items.pageInfo.hasNextPage ?? false) && first.value < MOST),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    more: () => (first.value = Math.min(MOST, first.value * 2)),
  };
}

export interface ItemState extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Null if the catalogue does not have the item. */
  readonly item: ComputedRef<ItemDetails | null>;
  readonly similar: ComputedRef<readonly SimilarItem[]>;
}

export function useItem(itemId: MaybeRefOrGetter<string>): ItemState {
  const query = useLiveQuery(ItemDetailsDocument, () => ({ itemId: toValue(itemId) }));
  const isCurrent = computed(() => query.data.value?.item?.id === toValue(itemId));
  return {
    item: computed(() => (isCurrent.value ? (query.data.value?.item ?? null) : null)),
    similar: computed(() => (isCurrent.value ? (query.data.value?.similarItems ?? []) : [])),
    isLoading: computed(() => query.isLoading.value || (query.data.value?.item != null && !isCurrent.value)),
    failure: query.failure,
    refetch: query.refetch,
  };
}

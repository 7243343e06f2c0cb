/** The catalogue for administrators: pages of items with their figures, and a single item. */

import { useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, toValue, watch } from 'vue';
import type { ComputedRef, DeepReadonly, MaybeRefOrGetter, Ref } from 'vue';

import {
  CatalogueItemDocument,
  CataloguePageDocument,
  ItemFiguresDocument,
  NeighboursDocument,
  UpdateItemDocument,
  type CatalogueItemQuery,
  type CatalogueRowFragment,
  type ItemFiguresQuery,
  type NeighboursQuery,
  type UpdateItemInput,
} from '../../generated/graphql.js';
import { failureOf, useLiveQuery, type Failure, type LiveQuery, type RequestErrorLike } from '../index.js';

export type CatalogueRow = CatalogueRowFragment;
export type ItemFigures = NonNullable<ItemFiguresQuery['itemFigures']>[number];
export type CatalogueItem = NonNullable<CatalogueItemQuery['item']>;
export type Neighbour = NonNullable<NeighboursQuery['similarItems']>[number];

type Request = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

const PAGE_LENGTH = 20;

export interface CatalogueQuery {
  readonly category: string | null;
  readonly search: string | null;
  /** Cursor of the page before; null for the first page. */
  readonly after: string | null;
}

export interface CataloguePages extends Request {
  readonly items: ComputedRef<readonly CatalogueRow[]>;
  /** By id; empty until they have arrived, and under differential privacy. */
  readonly figures: ComputedRef<ReadonlyMap<string, ItemFigures>>;
  /** True when differential privacy withholds the figures. */
  readonly isWithheld: ComputedRef<boolean>;
  /** Cursor of the next page; null on the last. */
  readonly next: ComputedRef<string | null>;
}

export function useCataloguePages(request: MaybeRefOrGetter<CatalogueQuery>): CataloguePages {
  const query = useLiveQuery(CataloguePageDocument, () => ({ first: PAGE_LENGTH, ...toValue(request) }), {
    fetchPolicy: 'no-cache',
  });
  const page = computed(() => query.data.value?.items);
  const items = computed(() => page.value?.nodes ?? []);
  const figures = useLiveQuery(ItemFiguresDocument, () => ({ itemIds: items.value.map(({ id }) => id) }), {
    fetchPolicy: 'no-cache',
    isEnabled: computed(() => items.value.length > 0),
  });
  return {
    items,
    figures: computed(() => new Map((figures.data.value?.itemFigures ?? []).map((row) => [row.itemId, row]))),
    isWithheld: computed(() => figures.data.value?.itemFigures === null),
    next: computed(() => (page.value?.pageInfo.hasNextPage ? (page.value.pageInfo.endCursor ?? null) : null)),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
  };
}

export interface CatalogueItemState extends Request {
  /** Null if the catalogue does not have it; undefined until the answer arrives. */
  readonly item: ComputedRef<CatalogueItem | null | undefined>;
  readonly figures: ComputedRef<ItemFigures | null>;
  /** Empty before the first training, and for items added since. */
  readonly neighbours: ComputedRef<readonly Neighbour[]>;
  readonly isSaving: Readonly<Ref<boolean>>;
  readonly refusal: DeepReadonly<Ref<Failure | null>>;
  /** Resolves to true if the item was changed. */
  update(changes: Omit<UpdateItemInput, 'id'>): Promise<boolean>;
}

export function useCatalogueItem(itemId: MaybeRefOrGetter<string>): CatalogueItemState {
  const query = useLiveQuery(CatalogueItemDocument, () => ({ id: toValue(itemId) }), {
    fetchPolicy: 'no-cache',
  });
  // On its own: before the first training it fails, and the item is there nevertheless.
  const neighbours = useLiveQuery(NeighboursDocument, () => ({ itemId: toValue(itemId) }), {
    fetchPolicy: 'no-cache',
  });
  const mutation = useMutation(UpdateItemDocument);
  const refusal = ref<Failure | null>(null);
  watch(
    () => toValue(itemId),
    () => (refusal.value = null),
  );
  const isAnswer = computed(() => {
    const answer = query.data.value;
    return answer !== undefined && (answer.item == null || answer.item.id === toValue(itemId));
  });

  async function update(changes: Omit<UpdateItemInput, 'id'>): Promise<boolean> {
    refusal.value = null;
    try {
      const answer = await mutation.mutate({ input: { id: toValue(itemId), ...changes } });
      const outcome = answer?.data?.updateItem;
      if (outcome?.__typename === 'ItemUpdated') {
        query.refetch();
        return true;
      }
      refusal.value = { kind: 'fault', message: outcome?.message ?? null, reference: null };
    } catch (error) {
      refusal.value = failureOf(error as RequestErrorLike);
    }
    return false;
  }

  return {
    item: computed(() => (isAnswer.value ? (query.data.value?.item ?? null) : undefined)),
    figures: computed(() => query.data.value?.itemFigures?.[0] ?? null),
    neighbours: computed(() => neighbours.data.value?.similarItems ?? []),
    isSaving: mutation.loading,
    refusal: readonly(refusal),
    update,
    isLoading: computed(() => !isAnswer.value && query.failure.value === null),
    failure: query.failure,
    refetch: query.refetch,
  };
}

/**
 * A live list that does not move under the pointer. Pushed lists wait while the user points at the list, and all lists
 * wait while a row shows the thumb just given; a list with a lower revision never replaces a newer list.
 */

import { computed, readonly, ref, shallowReadonly, shallowRef, toValue, watch } from 'vue';
import type { ComputedRef, DeepReadonly, MaybeRefOrGetter, Ref, ShallowRef } from 'vue';

import { compareLists, isStill, NO_CHANGE, type ListChange, type RankedItems } from './list-changes.js';

export interface RevisedList extends RankedItems {
  /** The list with the higher revision is newer. */
  readonly revision: number;
}

export interface Offer<L extends RevisedList> {
  readonly list: L;
  /** From the cause to the push, in milliseconds; null for a list from a query. */
  readonly latencyMs: number | null;
  /** True if this window caused it: shown even while the user points at the list. False by default. */
  readonly isOwn?: boolean;
  /** True for a different request: shown at once, and differences are not reported. False by default. */
  readonly isOther?: boolean;
}

export interface HeldList<L extends RevisedList> {
  readonly shown: Readonly<ShallowRef<L | null>>;
  /** Changes by the last replacement. */
  readonly change: Readonly<ShallowRef<ListChange>>;
  /** Latency of the last replacement; null for a list from a query. */
  readonly latencyMs: DeepReadonly<Ref<number | null>>;
  /** Changes if the waiting list were shown; null if no list waits for the user. */
  readonly waitingChange: ComputedRef<ListChange | null>;
  offer(offer: Offer<L>): void;
  showWaiting(): void;
  /** Accepts the next list with any revision: the server may have been reset. */
  forgetRevision(): void;
}

/** `isHeld`: the reader points at the list. `isAnswering`: a row shows the thumb it was just given; false by default. */
export function useHeldList<L extends RevisedList>(
  isHeld: MaybeRefOrGetter<boolean>,
  isAnswering: MaybeRefOrGetter<boolean> = false,
): HeldList<L> {
  const shown = shallowRef<L | null>(null);
  const change = shallowRef<ListChange>(NO_CHANGE);
  const latencyMs = ref<number | null>(null);
  const waiting = shallowRef<Offer<L> | null>(null);
  let newest = -Infinity;

  function show({ list, latencyMs: took, isOther = false }: Offer<L>): void {
    const next = shown.value === null || isOther ? NO_CHANGE : compareLists(shown.value, list);
    waiting.value = null;
    shown.value = list;
    // An unchanged order is not reported; the last change stays on display.
    if (isStill(next) && !isOther) return;
    change.value = next;
    latencyMs.value = took;
  }

  function mustWait(next: Offer<L>): boolean {
    if (next.isOther ?? false) return false;
    return toValue(isAnswering) || (toValue(isHeld) && !(next.isOwn ?? false));
  }

  function offer(next: Offer<L>): void {
    if (next.list.revision < newest) return;
    newest = next.list.revision;
    const movesNothing = shown.value === null || isStill(compareLists(shown.value, next.list));
    if (movesNothing || !mustWait(next)) return show(next);
    // The push that follows the answer of a thumb brings the same list.
    const isOwn = (next.isOwn ?? false) || (waiting.value?.isOwn ?? false);
    waiting.value = { ...next, isOwn };
  }

  function showWaiting(): void {
    if (waiting.value !== null) show(waiting.value);
  }

  watch(
    [() => toValue(isHeld), () => toValue(isAnswering)],
    () => {
      if (waiting.value !== null && !mustWait(waiting.value)) show(waiting.value);
    },
    { flush: 'sync' },
  );

  return {
    shown: shallowReadonly(shown),
    change: shallowReadonly(change),
    latencyMs: readonly(latencyMs),
    waitingChange: computed(() => {
      if (waiting.value === null || shown.value === null) return null;
      // Decided when the row has answered: shown by itself, or offered to the reader.
      if (toValue(isAnswering)) return null;
      return compareLists(shown.value, waiting.value.list);
    }),
    offer,
    showWaiting,
    forgetRevision() {
      newest = -Infinity;
    },
  };
}

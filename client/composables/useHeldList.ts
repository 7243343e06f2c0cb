/**
 * A live list that does not move under the hand. Pushed lists wait while the reader points at the list, unless the
 * reader's own thumb caused them; an older list never replaces a newer one.
 */

import { computed, readonly, ref, shallowReadonly, shallowRef, toValue, watch } from 'vue';
import type { ComputedRef, DeepReadonly, MaybeRefOrGetter, Ref, ShallowRef } from 'vue';

import { compareLists, isStill, NO_CHANGE, type ListChange, type RankedItems } from './list-changes.js';

export interface RevisedList extends RankedItems {
  /** Of two lists the one with the higher revision is the newer. */
  readonly revision: number;
}

export interface Offer<L extends RevisedList> {
  readonly list: L;
  /** From the cause to the push, in milliseconds; null for a list that was asked for. */
  readonly latencyMs: number | null;
  /** Caused in this window: shown at once. False by default. */
  readonly isOwn?: boolean;
  /** Another list was asked for: shown at once, and what differs is no news. False by default. */
  readonly isOther?: boolean;
}

export interface HeldList<L extends RevisedList> {
  readonly shown: Readonly<ShallowRef<L | null>>;
  /** What the last replacement changed. */
  readonly change: Readonly<ShallowRef<ListChange>>;
  /** How long the last replacement took; null when it was asked for. */
  readonly latencyMs: DeepReadonly<Ref<number | null>>;
  /** What showing the waiting list would change; null when none waits. */
  readonly waitingChange: ComputedRef<ListChange | null>;
  offer(offer: Offer<L>): void;
  showWaiting(): void;
  /** The next list is shown whatever its revision: the server may have started anew. */
  forgetRevision(): void;
}

export function useHeldList<L extends RevisedList>(isHeld: MaybeRefOrGetter<boolean>): HeldList<L> {
  const shown = shallowRef<L | null>(null);
  const change = shallowRef<ListChange>(NO_CHANGE);
  const latencyMs = ref<number | null>(null);
  const waiting = shallowRef<Offer<L> | null>(null);
  let newest = -Infinity;

  function show({ list, latencyMs: took, isOther = false }: Offer<L>): void {
    const next = shown.value === null || isOther ? NO_CHANGE : compareLists(shown.value, list);
    waiting.value = null;
    shown.value = list;
    // A list in the same order is no news: what was said of the last change still holds.
    if (isStill(next) && !isOther) return;
    change.value = next;
    latencyMs.value = took;
  }

  function offer(next: Offer<L>): void {
    if (next.list.revision < newest) return;
    newest = next.list.revision;
    const movesNothing = shown.value === null || isStill(compareLists(shown.value, next.list));
    if (movesNothing || (next.isOwn ?? false) || (next.isOther ?? false) || !toValue(isHeld)) show(next);
    else waiting.value = next;
  }

  function showWaiting(): void {
    if (waiting.value !== null) show(waiting.value);
  }

  watch(
    () => toValue(isHeld),
    (held) => {
      if (!held) showWaiting();
    },
    { flush: 'sync' },
  );

  return {
    shown: shallowReadonly(shown),
    change: shallowReadonly(change),
    latencyMs: readonly(latencyMs),
    waitingChange: computed(() => {
      if (waiting.value === null || shown.value === null) return null;
      return compareLists(shown.value, waiting.value.list);
    }),
    offer,
    showWaiting,
    forgetRevision() {
      newest = -Infinity;
    },
  };
}

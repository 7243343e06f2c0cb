/**
 * Chooses the signal to evaluate a recommender by: the strongest signal that users give, from a like down to a view.
 * Without likes, purchases are predicted; without purchases, carts, and so on.
 */

import type { History, Interactions } from '../factorization/index.js';

/** Strongest first. */
export const SIGNALS = ['like', 'purchase', 'cart', 'click', 'view'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Strength of a single event of the kind; a sum of weaker events that reaches it counts as much. */
const LEAST_STRENGTH = { cart: 3, click: 1.5, view: 1 } as const;
/** Min number of users of a signal; with fewer, a weaker signal given by more users is chosen. */
const MIN_USERS = 20;

/** Whether entry p gives the signal. A dislike gives none. */
export function givesSignal({ opinion, purchased, strength }: History, p: number, signal: Signal): boolean {
  if (opinion[p] < 0) return false;
  if (signal === 'like') return opinion[p] > 0;
  if (signal === 'purchase') return purchased[p] > 0;
  return strength[p] >= LEAST_STRENGTH[signal];
}

/**
 * The strongest of `occurring` that at least 20 users give on two items or more, for training and for testing; if there
 * is none, the strongest that any user gives on two items; null if there is none either.
 */
export function strongestSignal(
  interactions: Interactions,
  occurring: readonly Signal[] = SIGNALS,
): Signal | null {
  const present = SIGNALS.filter((signal) => occurring.includes(signal));
  const counts = present.map((signal) => usersWithTwo(interactions, signal));
  const strong = counts.findIndex((nUsers) => nUsers >= MIN_USERS);
  const any = strong >= 0 ? strong : counts.findIndex((nUsers) => nUsers > 0);
  return any < 0 ? null : present[any];
}

function usersWithTwo(interactions: Interactions, signal: Signal): number {
  const { indptr } = interactions;
  let nUsers = 0;
  for (let user = 0; user + 1 < indptr.length; user++) {
    let given = 0;
    for (let p = indptr[user]; p < indptr[user + 1] && given < 2; p++)
      if (givesSignal(interactions, p, signal)) given += 1;
    if (given === 2) nUsers += 1;
  }
  return nUsers;
}

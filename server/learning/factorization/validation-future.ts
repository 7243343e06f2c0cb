/**
 * Validation data from the future: the next item of users (their latest item hidden), and their likes after a common
 * instant. The first measures momentary interest, the second lasting taste in a changing catalogue.
 */
import { createRandom } from '../linalg/index.js';
import { KNOWN_TIME_FROM, pick } from './signals.js';
import { keep, maxUsers, relevantEntries, sampleUsers } from './validation.js';

import type { RecommenderInput } from './fit-model.js';
import type { ValidationSplit, ValidationUser } from './validation.js';

const MAX_USERS = 800;
/** Min number of users for a split. */
const MIN_USERS = 30;
/** Min items of a user before the hidden entries: for the next item, and for all after an instant. */
const MIN_BEFORE_LAST = 2;
const MIN_BEFORE_INSTANT = 5;
/** Share of all preferences after the instant. */
const LATER_SHARE = 0.2;

/** Users before their last item; null if too few histories have an order. */
export function splitBeforeLast(whole: RecommenderInput, seed: number): ValidationSplit | null {
  const random = createRandom(seed);
  const input = sampleUsers(whole, random);
  const { at } = input.interactions;
  if (at === undefined) return null;
  const relevant = relevantEntries(input.interactions);
  const eligible = Array.from(relevant.keys()).filter((u) => {
    const own = relevant[u];
    return own.length > MIN_BEFORE_LAST && own.some((p) => at[p] !== at[own[0]]);
  });
  const hidden = new Map<number, number[]>();
  for (const u of random.shuffle(eligible).slice(0, maxUsers(whole.nItems, MAX_USERS))) {
    // Shuffled, so that the choice among items of the same instant is random.
    const [last] = random.shuffle([...relevant[u]]).sort((p, q) => at[q] - at[p]);
    hidden.set(u, [last]);
  }
  return withoutHidden(input, hidden, {
    isHidden: (p, u) => {
      const last = hidden.get(u)?.[0];
      return last !== undefined && (p === last || at[p] > at[last]);
    },
  });
}

/** Users before an instant; null if times are unknown, or too few users have items both before and after it. */
export function splitAtInstant(whole: RecommenderInput, seed: number): ValidationSplit | null {
  const random = createRandom(seed);
  const input = sampleUsers(whole, random);
  const { at } = input.interactions;
  if (at === undefined) return null;
  const relevant = relevantEntries(input.interactions);
  const times = Float64Array.from(relevant.flat(), (p) => at[p]).filter((time) => time >= KNOWN_TIME_FROM);
  const instant = times.sort()[Math.floor((1 - LATER_SHARE) * times.length)];
  const isLater = (p: number) => at[p] > instant;
  const eligible = Array.from(relevant.keys()).filter((u) => {
    const nLater = relevant[u].filter(isLater).length;
    return nLater > 0 && relevant[u].length - nLater >= MIN_BEFORE_INSTANT;
  });
  const chosen = random.shuffle(eligible).slice(0, maxUsers(whole.nItems, MAX_USERS));
  const hidden = new Map(chosen.map((u) => [u, relevant[u].filter(isLater)]));
  return withoutHidden(input, hidden, { isHidden: isLater, now: instant });
}

function withoutHidden(
  input: RecommenderInput,
  hidden: ReadonlyMap<number, readonly number[]>,
  { isHidden, now }: { isHidden: (entry: number, user: number) => boolean; now?: number },
): ValidationSplit | null {
  if (hidden.size < MIN_USERS) return null;
  const { interactions, userPersona } = input;
  const { indptr, indices } = interactions;
  const isKept = new Uint8Array(indices.length);
  for (let u = 0; u + 1 < indptr.length; u++)
    for (let p = indptr[u]; p < indptr[u + 1]; p++) isKept[p] = Number(!isHidden(p, u));
  const users = [...hidden].map(([u, entries]): ValidationUser => {
    const own = Array.from({ length: indptr[u + 1] - indptr[u] }, (_, k) => indptr[u] + k);
    return {
      history: pick(
        interactions,
        own.filter((p) => isKept[p] === 1),
      ),
      personaIndex: userPersona[u],
      relevant: Int32Array.from(entries, (p) => indices[p]),
      isCold: false,
      now,
    };
  });
  return { input: { ...input, interactions: keep(interactions, isKept) }, users };
}

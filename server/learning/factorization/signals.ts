/**
 * Converts interactions to taste signals. Training and serving share the conversion, so that a folded-in user equals a
 * trained user with the same history.
 */
import { DAY_MS } from '../durations.js';
import { InvalidShapeError, NotFiniteError } from '../errors.js';

import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';

/** A user's interactions with items; arrays of equal length, each item at most once. */
export interface History {
  /** Int32Array, item indices. */
  readonly indices: Int32Array;
  /** Float32Array, >= 0: weighted sum of events. */
  readonly strength: Float32Array;
  /** Int8Array: 1 liked, -1 disliked, 0 neither. */
  readonly opinion: Int8Array;
  /** Uint8Array: 1 if purchased. */
  readonly purchased: Uint8Array;
  /** Uint8Array: 1 if rated neither a like nor a dislike. Absent: nowhere. */
  readonly rated?: Uint8Array;
  /**
   * Float64Array, ms since the epoch of the latest interaction. Absent, or below KNOWN_TIME_FROM, if the time is
   * unknown.
   */
  readonly at?: Float64Array;
}

/** The histories of all users: row u is [indptr[u], indptr[u + 1]). */
export interface Interactions extends History {
  /** Int32Array [nUsers + 1]. */
  readonly indptr: Int32Array;
}

/** Instants before the end of 1 January 1970 mean "time unknown". */
export const KNOWN_TIME_FROM = DAY_MS;

/** Strength at which an interaction without a thumb reaches half of its maximum: two clicks. */
export const HALF_STRENGTH = 3;
/** Min strength of a purchase, if its events are not in the strength. */
export const PURCHASE_STRENGTH = 5;
/** Share of a preference that does not age. */
const LASTING_SHARE = 0.1;

/**
 * Preference in 0..1 (1 = a like), or -1 for a dislike. A thumb overrides all else; without a thumb, strength has
 * diminishing returns: ten views are not ten times as strong as a single view.
 */
export function preferenceOf(
  { strength, opinion, purchased }: { strength: number; opinion: number; purchased: number },
  { implicitWeight }: Pick<HyperParameters, 'implicitWeight'>,
): number {
  if (opinion !== 0) return opinion > 0 ? 1 : -1;
  const s = purchased > 0 ? Math.max(strength, PURCHASE_STRENGTH) : strength;
  return (implicitWeight * s) / (s + HALF_STRENGTH);
}

/**
 * Remaining share of a preference, 0..1, when the user's latest interaction is `age` ms and `rank` items later. A
 * share of LASTING_SHARE never ages, so that a history of old entries still counts.
 */
export function remainderOf(
  { age, rank }: { age: number; rank: number },
  { halfLife, halfLifeItems }: Pick<HyperParameters, 'halfLife' | 'halfLifeItems'>,
): number {
  if (halfLife === 0 && halfLifeItems === 0) return 1;
  const lives = (span: number, half: number) => (half === 0 ? 0 : span / half);
  const past = lives(age, halfLife * DAY_MS) + lives(rank, halfLifeItems);
  return LASTING_SHARE + (1 - LASTING_SHARE) * 2 ** -past;
}

/**
 * Int32Array [nHistory]: number of strictly later preferences. Entries of the same instant share a rank, since their
 * order is unknown; without times all are 0.
 */
export function ranksFromEnd(at: Float64Array | undefined, preference: Float32Array): Int32Array {
  const ranks = new Int32Array(preference.length);
  if (at === undefined) return ranks;
  const times = at.filter((_, p) => preference[p] > 0).sort();
  for (let p = 0; p < ranks.length; p++) ranks[p] = times.length - upperBound(times, at[p]);
  return ranks;
}

/** The number of ascending values not above `value`. */
function upperBound(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Target r and confidence c of a preference in the factorisation; confidence 0 leaves the pair unobserved. */
export function targetOf(
  preference: number,
  { dislikeConfidence }: Pick<HyperParameters, 'dislikeConfidence'>,
): { target: number; confidence: number } {
  return preference < 0
    ? { target: 0, confidence: dislikeConfidence }
    : { target: 1, confidence: preference };
}

/**
 * Interactions as preferences, sparse [nUsers, nItems], columns ascending, without entries of preference 0; repeated
 * items are merged (strengths added, the later thumb kept). Throws InvalidShapeError and NotFiniteError.
 */
export function preferenceRows(
  interactions: Interactions,
  nItems: number,
  hyperParameters: Pick<HyperParameters, 'implicitWeight'>,
): SparseRows {
  checkInteractions(interactions, nItems);
  const { indptr, indices, strength, opinion, purchased } = interactions;
  const nUsers = indptr.length - 1;
  const ptr = new Int32Array(nUsers + 1);
  const columns = new Int32Array(indices.length);
  const values = new Float32Array(indices.length);
  const merged = new Map<number, { strength: number; opinion: number; purchased: number }>();
  let top = 0;
  for (let u = 0; u < nUsers; u++) {
    if (isAscending(indices, indptr[u], indptr[u + 1])) {
      for (let p = indptr[u]; p < indptr[u + 1]; p++) {
        const value = preferenceOf(
          { strength: strength[p], opinion: opinion[p], purchased: purchased[p] },
          hyperParameters,
        );
        if (value === 0) continue;
        columns[top] = indices[p];
        values[top++] = value;
      }
    } else {
      merged.clear();
      for (let p = indptr[u]; p < indptr[u + 1]; p++) {
        const before = merged.get(indices[p]);
        merged.set(indices[p], {
          strength: strength[p] + (before?.strength ?? 0),
          opinion: opinion[p] !== 0 ? opinion[p] : (before?.opinion ?? 0),
          purchased: purchased[p] | (before?.purchased ?? 0),
        });
      }
      for (const index of [...merged.keys()].sort((a, b) => a - b)) {
        const value = preferenceOf(merged.get(index)!, hyperParameters);
        if (value === 0) continue;
        columns[top] = index;
        values[top++] = value;
      }
    }
    ptr[u + 1] = top;
  }
  return { indptr: ptr, indices: columns.subarray(0, top), values: values.subarray(0, top) };
}

/** The given entries of a history, in the given order. */
export function pick(history: History, entries: ArrayLike<number>): History {
  const { indices, strength, opinion, purchased, rated, at } = history;
  return {
    indices: Int32Array.from(entries, (p) => indices[p]),
    strength: Float32Array.from(entries, (p) => strength[p]),
    opinion: Int8Array.from(entries, (p) => opinion[p]),
    purchased: Uint8Array.from(entries, (p) => purchased[p]),
    ...(rated === undefined ? {} : { rated: Uint8Array.from(entries, (p) => rated[p]) }),
    ...(at === undefined ? {} : { at: Float64Array.from(entries, (p) => at[p]) }),
  };
}

/** Entries [from, to) of a history, as views. */
export function cut(history: History, from: number, to: number): History {
  const { indices, strength, opinion, purchased, at } = history;
  return {
    indices: indices.subarray(from, to),
    strength: strength.subarray(from, to),
    opinion: opinion.subarray(from, to),
    purchased: purchased.subarray(from, to),
    ...(at === undefined ? {} : { at: at.subarray(from, to) }),
  };
}

/** The entries of histories, one after the other; `at` only if the first has it. */
export function joinHistories(histories: readonly History[]): History {
  const n = histories.reduce((sum, { indices }) => sum + indices.length, 0);
  const hasTimes = histories[0]?.at !== undefined;
  const joined = {
    indices: new Int32Array(n),
    strength: new Float32Array(n),
    opinion: new Int8Array(n),
    purchased: new Uint8Array(n),
    ...(hasTimes ? { at: new Float64Array(n) } : {}),
  };
  let top = 0;
  for (const { indices, strength, opinion, purchased, at } of histories) {
    joined.indices.set(indices, top);
    joined.strength.set(strength, top);
    joined.opinion.set(opinion, top);
    joined.purchased.set(purchased, top);
    if (at !== undefined) joined.at?.set(at, top);
    top += indices.length;
  }
  return joined;
}

/** Throws unless the arrays are consistent, the indices in range and the strengths finite and >= 0. */
export function checkHistory(history: History, nItems: number): void {
  const { indices, strength, opinion, purchased, rated, at } = history;
  const n = indices.length;
  if ([strength, opinion, purchased, rated, at].some((array) => array !== undefined && array.length !== n)) {
    throw new InvalidShapeError('The arrays of a history must have equal lengths.');
  }
  for (let p = 0; p < n; p++) {
    if (indices[p] < 0 || indices[p] >= nItems) {
      throw new InvalidShapeError(`Item index ${indices[p]} is outside the catalogue of ${nItems}.`);
    }
    if (!Number.isFinite(strength[p]))
      throw new NotFiniteError(`The strength of item ${indices[p]} is not finite.`);
    if (strength[p] < 0) throw new InvalidShapeError(`The strength of item ${indices[p]} is below 0.`);
  }
}

function checkInteractions(interactions: Interactions, nItems: number): void {
  checkHistory(interactions, nItems);
  const { indptr, indices } = interactions;
  if (indptr.length === 0 || indptr[0] !== 0 || indptr[indptr.length - 1] !== indices.length) {
    throw new InvalidShapeError('indptr must run from 0 to the number of entries.');
  }
  for (let u = 1; u < indptr.length; u++) {
    if (indptr[u] < indptr[u - 1]) throw new InvalidShapeError('indptr must not decrease.');
  }
}

function isAscending(indices: Int32Array, from: number, to: number): boolean {
  for (let p = from + 1; p < to; p++) if (indices[p] <= indices[p - 1]) return false;
  return true;
}

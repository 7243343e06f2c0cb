/**
 * Splits interactions into training and test data. Held out are entries with the strongest signal (likes, or purchases
 * if there are none): those of the last week if events have times, a random share otherwise.
 */

import { WEEK_MS } from '../durations.js';
import type { Interactions } from '../factorization/index.js';
import { KNOWN_TIME_FROM } from '../factorization/index.js';
import { createRandom } from '../linalg/index.js';

import type { Signal } from './signal.js';
import { givesSignal, strongestSignal } from './signal.js';

/** Min share of all entries in the last week; below it, the random hold-out is used. */
const MIN_WEEK_SHARE = 0.02;
const RANDOM_SHARE = 0.2;

export interface HoldOut {
  /** Signal of the held-out entries; null if there is nothing to hold out. */
  readonly signal: Signal | null;
  readonly kind: 'temporal' | 'random';
  /** Time of the requests to judge, see `UserContext`: after the training data if the hold-out is temporal. */
  readonly now?: number;
  /** The interactions without the held-out entries; rows are the same users. */
  readonly train: Interactions;
  readonly test: HeldOut;
}

/** Row u is [indptr[u], indptr[u + 1]) of `indices`. */
export interface HeldOut {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  /** Float64Array, ms since the epoch; 0 for interactions without times. */
  readonly at: Float64Array;
}

interface HoldOutOptions {
  readonly seed: number;
  /** Signals that occur in the data; default all. */
  readonly occurring?: readonly Signal[];
}

/**
 * Holds out entries of the strongest signal. In a random hold-out, every user keeps at least a single entry for
 * training.
 */
export function holdOut(interactions: Interactions, { seed, occurring }: HoldOutOptions): HoldOut {
  const signal = strongestSignal(interactions, occurring);
  const { length } = interactions.indices;
  const given = new Uint8Array(length);
  if (signal !== null)
    for (let p = 0; p < length; p++) given[p] = Number(givesSignal(interactions, p, signal));
  const recent = lastWeek(interactions, given);
  if (recent !== null) return { signal, kind: 'temporal', now: Infinity, ...split(interactions, recent) };
  return { signal, kind: 'random', ...split(interactions, randomShare(interactions, given, seed)) };
}

/** The entries held out after an instant, and the number of users with any. */
export function heldOutAfter(
  { indptr, indices, at }: HeldOut,
  instant: number,
): HeldOut & { nUsers: number } {
  const kept = { indptr: new Int32Array(indptr.length), indices: [] as number[], at: [] as number[] };
  let nUsers = 0;
  for (let user = 0; user + 1 < indptr.length; user++) {
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) {
      if (at[entry] <= instant) continue;
      kept.indices.push(indices[entry]);
      kept.at.push(at[entry]);
    }
    kept.indptr[user + 1] = kept.indices.length;
    if (kept.indptr[user + 1] > kept.indptr[user]) nUsers += 1;
  }
  return {
    indptr: kept.indptr,
    indices: Int32Array.from(kept.indices),
    at: Float64Array.from(kept.at),
    nUsers,
  };
}

/** Flags the `given` entries of the last week; null if times are unknown or the week has too few entries. */
function lastWeek({ at }: Interactions, given: Uint8Array): Uint8Array | null {
  if (at === undefined) return null;
  let latest = 0;
  let nGiven = 0;
  for (let entry = 0; entry < given.length; entry++) {
    if (given[entry] === 0) continue;
    nGiven += 1;
    latest = Math.max(latest, at[entry]);
  }
  if (latest < KNOWN_TIME_FROM) return null;
  const isHeld = new Uint8Array(given.length);
  let nHeld = 0;
  for (let entry = 0; entry < given.length; entry++) {
    if (given[entry] === 1 && at[entry] > latest - WEEK_MS) {
      isHeld[entry] = 1;
      nHeld += 1;
    }
  }
  return nHeld >= nGiven * MIN_WEEK_SHARE && nHeld < nGiven ? isHeld : null;
}

function randomShare({ indptr }: Interactions, given: Uint8Array, seed: number): Uint8Array {
  const random = createRandom(seed);
  const isHeld = new Uint8Array(given.length);
  for (let user = 0; user + 1 < indptr.length; user++) {
    let kept = 0;
    let last = -1;
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) {
      if (given[entry] === 0) continue;
      last = entry;
      if (random.next() < RANDOM_SHARE) isHeld[entry] = 1;
      else kept += 1;
    }
    if (kept === 0 && last >= 0) isHeld[last] = 0;
  }
  return isHeld;
}

function split(interactions: Interactions, isHeld: Uint8Array): Pick<HoldOut, 'train' | 'test'> {
  const { indptr, indices, strength, opinion, purchased, rated, at } = interactions;
  const nUsers = indptr.length - 1;
  const nHeld = isHeld.reduce((sum, held) => sum + held, 0);
  const nKept = indices.length - nHeld;
  const train = {
    indptr: new Int32Array(nUsers + 1),
    indices: new Int32Array(nKept),
    strength: new Float32Array(nKept),
    opinion: new Int8Array(nKept),
    purchased: new Uint8Array(nKept),
    rated: new Uint8Array(nKept),
    at: new Float64Array(nKept),
  };
  const test = {
    indptr: new Int32Array(nUsers + 1),
    indices: new Int32Array(nHeld),
    at: new Float64Array(nHeld),
  };
  let kept = 0;
  let held = 0;
  for (let user = 0; user < nUsers; user++) {
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) {
      if (isHeld[entry] === 1) {
        if (at !== undefined) test.at[held] = at[entry];
        test.indices[held++] = indices[entry];
        continue;
      }
      train.indices[kept] = indices[entry];
      train.strength[kept] = strength[entry];
      train.opinion[kept] = opinion[entry];
      train.purchased[kept] = purchased[entry];
      if (rated !== undefined) train.rated[kept] = rated[entry];
      if (at !== undefined) train.at[kept] = at[entry];
      kept += 1;
    }
    train.indptr[user + 1] = kept;
    test.indptr[user + 1] = held;
  }
  return { train, test };
}

/** What is kept from training to judge it: the last week's likes where events have times, a random share otherwise. */

import type { Interactions } from '../factorization/index.js';
import { KNOWN_TIME_FROM } from '../factorization/index.js';
import { createRandom } from '../linalg/index.js';

const WEEK_MS = 7 * 86_400_000;
/** A week with fewer likes than this share of all says too little; the random hold-out is taken instead. */
const MIN_WEEK_SHARE = 0.02;
const RANDOM_SHARE = 0.2;

export interface HoldOut {
  readonly kind: 'temporal' | 'random';
  /** The interactions without what is held out; rows are the same users. */
  readonly train: Interactions;
  readonly test: HeldOutLikes;
}

/** Row u is [indptr[u], indptr[u + 1]) of `indices`. */
export interface HeldOutLikes {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  /** Float64Array, ms since the epoch; 0 where interactions have no times. */
  readonly at: Float64Array;
}

/** Holds likes out. A user whose likes would all go keeps the earliest (or, at random, one) for training. */
export function holdOutLikes(interactions: Interactions, { seed }: { seed: number }): HoldOut {
  const recent = lastWeek(interactions);
  if (recent !== null) return { kind: 'temporal', ...split(interactions, recent) };
  return { kind: 'random', ...split(interactions, randomLikes(interactions, seed)) };
}

/** The held-out likes after an instant, and how many users have any. */
export function likesAfter(
  { indptr, indices, at }: HeldOutLikes,
  instant: number,
): HeldOutLikes & { nUsers: number } {
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

/** 1 for each like of the last week; null where times are unknown or the week is too thin. */
function lastWeek({ opinion, at }: Interactions): Uint8Array | null {
  if (at === undefined) return null;
  let latest = 0;
  let nLikes = 0;
  for (let entry = 0; entry < opinion.length; entry++) {
    if (opinion[entry] !== 1) continue;
    nLikes += 1;
    latest = Math.max(latest, at[entry]);
  }
  if (latest < KNOWN_TIME_FROM) return null;
  const isHeld = new Uint8Array(opinion.length);
  let nHeld = 0;
  for (let entry = 0; entry < opinion.length; entry++) {
    if (opinion[entry] === 1 && at[entry] > latest - WEEK_MS) {
      isHeld[entry] = 1;
      nHeld += 1;
    }
  }
  return nHeld >= nLikes * MIN_WEEK_SHARE && nHeld < nLikes ? isHeld : null;
}

function randomLikes({ indptr, opinion }: Interactions, seed: number): Uint8Array {
  const random = createRandom(seed);
  const isHeld = new Uint8Array(opinion.length);
  for (let user = 0; user + 1 < indptr.length; user++) {
    let kept = 0;
    let last = -1;
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) {
      if (opinion[entry] !== 1) continue;
      last = entry;
      if (random.next() < RANDOM_SHARE) isHeld[entry] = 1;
      else kept += 1;
    }
    if (kept === 0 && last >= 0) isHeld[last] = 0;
  }
  return isHeld;
}

function split(interactions: Interactions, isHeld: Uint8Array): Pick<HoldOut, 'train' | 'test'> {
  const { indptr, indices, strength, opinion, purchased, at } = interactions;
  const nUsers = indptr.length - 1;
  const nHeld = isHeld.reduce((sum, held) => sum + held, 0);
  const nKept = indices.length - nHeld;
  const train = {
    indptr: new Int32Array(nUsers + 1),
    indices: new Int32Array(nKept),
    strength: new Float32Array(nKept),
    opinion: new Int8Array(nKept),
    purchased: new Uint8Array(nKept),
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
      if (at !== undefined) train.at[kept] = at[entry];
      kept += 1;
    }
    train.indptr[user + 1] = kept;
    test.indptr[user + 1] = held;
  }
  return { train, test };
}

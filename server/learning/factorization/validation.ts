/**
 * Validation data taken out of the training data: of some users a fifth of what they liked (warm), and some users
 * altogether but for five likes (cold). Where times are known it is the latest fifth, as in life.
 */
import { createRandom } from '../linalg/index.js';
import { KNOWN_TIME_FROM, pick } from './signals.js';

import type { RecommenderInput } from './fit-model.js';
import type { History, Interactions } from './signals.js';

export interface ValidationUser {
  readonly history: History;
  /** -1 for cold users, whose persona nobody knows yet. */
  readonly personaIndex: number;
  /** Int32Array: the items to be found. */
  readonly relevant: Int32Array;
  readonly isCold: boolean;
}

export interface ValidationSplit {
  /** What is left to train on; same users, same items. */
  readonly input: RecommenderInput;
  readonly users: readonly ValidationUser[];
}

export interface RandomSplit extends ValidationSplit {
  /** The cold users again with fewer likes, and with more. */
  readonly newcomers: readonly ValidationUser[];
}

const MAX_WARM = 2000;
const MAX_COLD = 600;
/** Scores of all items of all users, computed anew for every fit: a larger catalogue is looked at by fewer users. */
const MAX_SCORES = 1e8;
/** Of the eligible users, this share at most becomes cold: they are lost to training. */
const MAX_COLD_SHARE = 1 / 8;
/** More interactions than this are not searched on: users are left out, at random, down to it. */
const MAX_ENTRIES = 500_000;
const MIN_RELEVANT = 6;
const COLD_SEEDS = 5;
/** Likes of the same users when they are newer, or less new. */
const NEWCOMER_SEEDS = [1, 2, 10];
const HELD_OUT_SHARE = 0.2;
/** Fewer eligible users than this say too little about likes; any interest is looked for instead. */
const MIN_LIKERS = 100;

export function splitForValidation(whole: RecommenderInput, seed: number): RandomSplit {
  const random = createRandom(seed);
  const input = sampleUsers(whole, random);
  const { interactions } = input;
  const relevant = relevantEntries(interactions);
  const chosen = random.shuffle(eligible(relevant));
  const [maxWarm, maxCold] = [MAX_WARM, MAX_COLD].map((most) => maxUsers(whole.nItems, most));
  const nCold = Math.min(maxCold, Math.floor(chosen.length * MAX_COLD_SHARE));
  const isKept = new Uint8Array(interactions.indices.length).fill(1);
  const newcomers: ValidationUser[] = [];
  const users = chosen.slice(0, nCold + maxWarm).map((u, rank): ValidationUser => {
    const isCold = rank < nCold;
    const entries = inOrder(relevant[u], interactions, random);
    const nSeen = isCold
      ? COLD_SEEDS
      : entries.length - Math.max(1, Math.round(HELD_OUT_SHARE * entries.length));
    const hidden = entries.slice(nSeen);
    const isHidden = new Set(hidden);
    const isSeed = new Set(entries.slice(0, nSeen));
    if (isCold) newcomers.push(...newcomersOf(entries, interactions));
    const history: number[] = [];
    for (let p = interactions.indptr[u]; p < interactions.indptr[u + 1]; p++) {
      const isSeen = isCold
        ? isSeed.has(p) || (interactions.opinion[p] < 0 && random.next() < 0.5)
        : !isHidden.has(p);
      if (isSeen) history.push(p);
      isKept[p] = isSeen && !isCold ? 1 : 0;
    }
    return {
      history: pick(interactions, history),
      personaIndex: isCold ? -1 : input.userPersona[u],
      relevant: Int32Array.from(hidden, (p) => interactions.indices[p]),
      isCold,
    };
  });
  return { input: { ...input, interactions: keep(interactions, isKept) }, users, newcomers };
}

function newcomersOf(entries: readonly number[], interactions: Interactions): ValidationUser[] {
  return NEWCOMER_SEEDS.filter((nSeeds) => nSeeds < entries.length).map((nSeeds) => ({
    history: pick(interactions, entries.slice(0, nSeeds)),
    personaIndex: -1,
    relevant: Int32Array.from(entries.slice(nSeeds), (p) => interactions.indices[p]),
    isCold: true,
  }));
}

/** `most`, or less where there are so many items that scoring them takes long. */
export function maxUsers(nItems: number, most: number): number {
  return Math.ceil(Math.min(1, MAX_SCORES / (nItems * (MAX_WARM + MAX_COLD))) * most);
}

/** As many random users as have MAX_ENTRIES interactions between them; all of them where there are fewer. */
export function sampleUsers(
  input: RecommenderInput,
  random: ReturnType<typeof createRandom>,
): RecommenderInput {
  const { interactions, userPersona } = input;
  const { indptr } = interactions;
  if (interactions.indices.length <= MAX_ENTRIES) return input;
  const chosen: number[] = [];
  let left = MAX_ENTRIES;
  for (const u of random.shuffle(Array.from(userPersona.keys()))) {
    left -= indptr[u + 1] - indptr[u];
    if (left < 0) break;
    chosen.push(u);
  }
  chosen.sort((a, b) => a - b);
  const entries: number[] = [];
  const ptr = new Int32Array(chosen.length + 1);
  chosen.forEach((u, row) => {
    for (let p = indptr[u]; p < indptr[u + 1]; p++) entries.push(p);
    ptr[row + 1] = entries.length;
  });
  return {
    ...input,
    interactions: { ...pick(interactions, entries), indptr: ptr },
    userPersona: Int32Array.from(chosen, (u) => userPersona[u]),
  };
}

/** Each user's likes, or whatever attracted them where too few give likes: what is looked for. */
export function relevantEntries({ indptr, opinion, strength }: Interactions): number[][] {
  const likes = entriesWhere(indptr, (p) => opinion[p] > 0);
  if (eligible(likes).length >= MIN_LIKERS) return likes;
  return entriesWhere(indptr, (p) => opinion[p] > 0 || (opinion[p] === 0 && strength[p] > 0));
}

function entriesWhere(indptr: Int32Array, isRelevant: (entry: number) => boolean): number[][] {
  return Array.from({ length: indptr.length - 1 }, (_, u) => {
    const entries: number[] = [];
    for (let p = indptr[u]; p < indptr[u + 1]; p++) if (isRelevant(p)) entries.push(p);
    return entries;
  });
}

function eligible(entries: number[][]): number[] {
  return Array.from(entries.keys()).filter((u) => entries[u].length >= MIN_RELEVANT);
}

/** Shuffled, and then by time where times are known. */
function inOrder(entries: number[], { at }: Interactions, random: ReturnType<typeof createRandom>): number[] {
  const shuffled = random.shuffle([...entries]);
  const time = (p: number) => (at !== undefined && at[p] >= KNOWN_TIME_FROM ? at[p] : 0);
  return shuffled.sort((p, q) => time(p) - time(q));
}

/** The interactions whose entry is 1 in `isKept`. */
export function keep(interactions: Interactions, isKept: Uint8Array): Interactions {
  const { indptr } = interactions;
  const ptr = new Int32Array(indptr.length);
  const entries = new Int32Array(isKept.reduce((sum, one) => sum + one, 0));
  let top = 0;
  for (let u = 0; u + 1 < indptr.length; u++) {
    for (let p = indptr[u]; p < indptr[u + 1]; p++) if (isKept[p] === 1) entries[top++] = p;
    ptr[u + 1] = top;
  }
  return { ...pick(interactions, entries), indptr: ptr };
}

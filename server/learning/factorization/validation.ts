/**
 * Validation data split off the training data: a fifth of the likes of some users (warm), and all likes but five of
 * other users (cold). If times are known, the latest are hidden, as in practice. Otherwise the five are drawn like the
 * likes of users with few likes, since first likes differ from later ones.
 */
import { createRandom } from '../linalg/index.js';
import { KNOWN_TIME_FROM, pick } from './signals.js';

import type { RecommenderInput } from './fit-model.js';
import type { History, Interactions } from './signals.js';

export interface ValidationUser {
  readonly history: History;
  /** -1 for cold users, since their persona is unknown. */
  readonly personaIndex: number;
  /** Int32Array: the items to be found. */
  readonly relevant: Int32Array;
  readonly isCold: boolean;
  /** Time of the request, see `UserContext`. */
  readonly now?: number;
}

export interface ValidationSplit {
  /** The remaining training data; same users, same items. */
  readonly input: RecommenderInput;
  readonly users: readonly ValidationUser[];
}

interface RandomSplit extends ValidationSplit {
  /** The cold users again, with fewer and with more likes. */
  readonly newcomers: readonly ValidationUser[];
}

const MAX_WARM = 2000;
const MAX_COLD = 600;
/** Max number of scores, which are computed for every fit: larger catalogues are validated on fewer users. */
const MAX_SCORES = 1e8;
/** Max share of eligible users that become cold, since they are lost to training. */
const MAX_COLD_SHARE = 1 / 8;
/** Max number of interactions searched on; beyond it, random users are left out. */
const MAX_ENTRIES = 500_000;
const MIN_RELEVANT = 6;
const COLD_SEEDS = 5;
/** Numbers of likes at which cold users are scored again. */
const NEWCOMER_SEEDS = [1, 2, 10];
const HELD_OUT_SHARE = 0.2;
/** Min number of users with few likes for cold users to resemble them. */
const MIN_BEGINNERS = 30;
/** Likes of beginners at which their own share of an item outweighs the share of all users. */
const BEGINNER_DAMPING = 100;
/** Share of the dislikes that cold users show if there are fewer beginners. */
const SHOWN_DISLIKES = 0.5;
/** Min number of eligible users to validate on likes; with fewer, any preference is used. */
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
  const beginners = beginnersOf(input, relevant);
  const users = chosen.slice(0, nCold + maxWarm).map((u, rank): ValidationUser => {
    const isCold = rank < nCold;
    const shuffled = random.shuffle([...relevant[u]]);
    const drawn = isCold ? beginners.firstOf(shuffled, random) : shuffled;
    const entries = inOrder(drawn, interactions);
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
        ? isSeed.has(p) || (interactions.opinion[p] < 0 && random.next() < beginners.shownDislikes)
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

/** `most`, or less for catalogues with many items, to bound scoring time. */
export function maxUsers(nItems: number, most: number): number {
  return Math.ceil(Math.min(1, MAX_SCORES / (nItems * (MAX_WARM + MAX_COLD))) * most);
}

/** Random users with at most MAX_ENTRIES interactions in total; all users if there are fewer. */
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

/** The entries to be found: each user's likes, or all preferences if too few users give likes. */
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

/** Sorted by time if times are known. */
function inOrder(entries: number[], { at }: Interactions): number[] {
  const time = (p: number) => (at !== undefined && at[p] >= KNOWN_TIME_FROM ? at[p] : 0);
  return entries.sort((p, q) => time(p) - time(q));
}

/** The entries that cold users show, chosen to resemble the beginners of the record: users with too few likes to hide any. */
interface Beginners {
  /** The entries in an order in which beginners may have come to them. */
  readonly firstOf: (entries: number[], random: ReturnType<typeof createRandom>) => number[];
  /** Chance of a dislike to be shown. */
  readonly shownDislikes: number;
}

function beginnersOf({ interactions, nItems }: RecommenderInput, relevant: number[][]): Beginners {
  const { indices, indptr, opinion } = interactions;
  const countsOf = (isMember: (likes: number) => boolean) => {
    const likes = new Float64Array(nItems);
    let [nUsers, nLikes, nDislikes] = [0, 0, 0];
    relevant.forEach((entries, u) => {
      if (!isMember(entries.length)) return;
      nUsers++;
      nLikes += entries.length;
      for (const p of entries) likes[indices[p]]++;
      for (let p = indptr[u]; p < indptr[u + 1]; p++) if (opinion[p] < 0) nDislikes++;
    });
    return { likes, nUsers, nLikes, nDislikes };
  };
  const few = countsOf((likes) => likes > 0 && likes < MIN_RELEVANT);
  if (few.nUsers < MIN_BEGINNERS) return { firstOf: (entries) => entries, shownDislikes: SHOWN_DISLIKES };
  const many = countsOf((likes) => likes >= MIN_RELEVANT);
  // Share of an item in the likes of beginners, relative to its share in the likes of the remaining users.
  const weights = few.likes.map((count, item) => {
    const share = (many.likes[item] + 1) / (many.nLikes + nItems);
    return (count + BEGINNER_DAMPING * share) / share;
  });
  return {
    // Draws without replacement, by weight.
    firstOf: (entries, random) =>
      entries
        .map((p) => ({ p, key: -Math.log(1 - random.next()) / weights[indices[p]] }))
        .sort((a, b) => a.key - b.key)
        .map(({ p }) => p),
    shownDislikes: many.nDislikes === 0 ? 0 : (few.nDislikes * many.nUsers) / (few.nUsers * many.nDislikes),
  };
}

/** The interactions flagged in `isKept`. */
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

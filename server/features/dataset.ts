/**
 * The data set for training: interactions in compressed sparse rows, and the feature matrix, in typed arrays over
 * SharedArrayBuffer so that worker threads read them without copying.
 *
 * Profiles are added one by one and only numbers are kept. `historyOf` makes the row of a user both here and in
 * serving, so that training and serving data cannot diverge.
 */

import { PERSONA_SIGNALS } from '../domain/index.js';
import type { Profile } from '../domain/index.js';
import { SIGNALS } from '../learning/index.js';
import type { Signal } from '../learning/index.js';

import { FEATURE_NAMES, featureRow } from './behaviour.js';
import { GrowingArray } from './growing-array.js';
import { isInformative, signalCount } from './profile.js';

/** A user's interactions with known items; six arrays of equal length. */
export interface History {
  /** Int32Array, item indices, ascending. */
  readonly indices: Int32Array;
  /** Float32Array, sums of event weights, >= 0. */
  readonly strength: Float32Array;
  /** Int8Array, 1 liked, -1 disliked, 0 neither. */
  readonly opinion: Int8Array;
  /** Uint8Array, 1 if purchased. */
  readonly purchased: Uint8Array;
  /** Uint8Array, 1 if rated neither a like nor a dislike. */
  readonly rated: Uint8Array;
  /** Float64Array, ms since the epoch of the last event; below KNOWN_TIME_FROM if the time is unknown. */
  readonly at: Float64Array;
}

/** Row u of the interactions is [indptr[u], indptr[u + 1]) of the six arrays of a history. */
export interface Interactions extends History {
  /** Int32Array [nUsers + 1]. */
  readonly indptr: Int32Array;
}

export interface Dataset {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: Interactions;
  /** Float64Array, row-major [nUsers, FEATURE_NAMES.length]. */
  readonly features: Float64Array;
  /** Uint8Array [nItems], 1 for long-tail items; live feature rows need it too. */
  readonly longTail: Uint8Array;
  /** Int32Array [nUsers], events behind each profile. */
  readonly eventCounts: Int32Array;
  /** Int32Array [nUsers], signals behind each profile, the evidence for a persona. */
  readonly nSignals: Int32Array;
  /** Events behind the profiles, including unknown items. */
  readonly nEvents: number;
  /** Signals given by any user, strongest first. */
  readonly signals: readonly Signal[];
}

/** Share of the items in the head, by popularity; the rest are the long tail. */
const HEAD_SHARE = 0.2;
const LONG_TAIL_COLUMN = FEATURE_NAMES.indexOf('longTailShare');

/** Row numbers by item id, in the given order. */
export function indexItems(itemIds: readonly string[]): Map<string, number> {
  return new Map(itemIds.map((itemId, index) => [itemId, index]));
}

/**
 * The history row of a user. Items missing in the index are left out, and so are rows without information (a retracted
 * thumb).
 */
export function historyOf(profile: Profile, itemIndex: ReadonlyMap<string, number>): History {
  const known: { index: number; row: Profile['interactions'][number] }[] = [];
  for (const row of profile.interactions) {
    const index = itemIndex.get(row.itemId);
    if (index !== undefined && isInformative(row)) known.push({ index, row });
  }
  known.sort((a, b) => a.index - b.index);
  const history = {
    indices: new Int32Array(known.length),
    strength: new Float32Array(known.length),
    opinion: new Int8Array(known.length),
    purchased: new Uint8Array(known.length),
    rated: new Uint8Array(known.length),
    at: new Float64Array(known.length),
  };
  known.forEach(({ index, row }, i) => {
    history.indices[i] = index;
    history.strength[i] = row.strength;
    history.opinion[i] = row.opinion;
    history.purchased[i] = row.isPurchased ? 1 : 0;
    history.rated[i] = row.isRated ? 1 : 0;
    history.at[i] = row.opinion === 0 ? row.actedAt : row.at;
  });
  return history;
}

/** The users to learn personas from. */
interface PersonaRows {
  /** Int32Array [n], rows of the data set, ascending. */
  readonly rows: Int32Array;
  /** Float64Array, row-major [n, FEATURE_NAMES.length]. */
  readonly features: Float64Array;
}

/**
 * Users with enough signals for a persona. If there are none, all users: training then still gives a model, while no
 * user has a persona yet.
 */
export function personaRows({ features, nSignals }: Pick<Dataset, 'features' | 'nSignals'>): PersonaRows {
  const rows = Int32Array.from(nSignals.keys()).filter((row) => nSignals[row] >= PERSONA_SIGNALS);
  if (rows.length === 0) return { rows: Int32Array.from(nSignals.keys()), features };
  const width = features.length / nSignals.length;
  const chosen = new Float64Array(rows.length * width);
  rows.forEach((row, at) => chosen.set(features.subarray(row * width, (row + 1) * width), at * width));
  return { rows, features: chosen };
}

/** Collects profiles into a Dataset; rows are users in ascending id, regardless of insertion order. */
export class DatasetBuilder {
  private readonly itemIndex: ReadonlyMap<string, number>;
  private readonly userIds: string[] = [];
  private readonly indptr = new GrowingArray(Int32Array);
  private readonly indices = new GrowingArray(Int32Array);
  private readonly strength = new GrowingArray(Float32Array);
  private readonly opinion = new GrowingArray(Int8Array);
  private readonly purchased = new GrowingArray(Uint8Array);
  private readonly rated = new GrowingArray(Uint8Array);
  private readonly at = new GrowingArray(Float64Array);
  private readonly features = new GrowingArray(Float64Array);
  private readonly nInformative = new GrowingArray(Int32Array);
  private readonly eventCounts = new GrowingArray(Int32Array);
  private readonly nSignals = new GrowingArray(Int32Array);
  private nEvents = 0;
  private readonly signals = new Set<Signal>();

  /** `itemIds`: the catalogue in index order. `now`: ms since the epoch, for recency. */
  constructor(
    private readonly itemIds: readonly string[],
    private readonly options: { now: number },
  ) {
    this.itemIndex = indexItems(itemIds);
    this.indptr.append([0]);
  }

  add(profile: Profile): void {
    const history = historyOf(profile, this.itemIndex);
    this.userIds.push(profile.userId);
    this.indices.append(history.indices);
    this.strength.append(history.strength);
    this.opinion.append(history.opinion);
    this.purchased.append(history.purchased);
    this.rated.append(history.rated);
    this.at.append(history.at);
    this.indptr.append([this.indices.length]);
    // The long tail depends on all users; `build` fills that column.
    this.features.append(featureRow(profile, { ...this.options, isLongTail: () => false }));
    this.nInformative.append([profile.interactions.filter(isInformative).length]);
    this.eventCounts.append([profile.eventCount]);
    this.nSignals.append([signalCount(profile)]);
    this.nEvents += profile.eventCount;
    const { likes, purchases, carts, clicks, views } = profile.behaviour;
    const counts = { like: likes, purchase: purchases, cart: carts, click: clicks, view: views };
    for (const signal of SIGNALS) if (counts[signal] > 0) this.signals.add(signal);
  }

  build(): Dataset {
    const { userIds } = this;
    const order = Int32Array.from(userIds.keys());
    order.sort((a, b) => (userIds[a] < userIds[b] ? -1 : 1));
    const entries = (row: number) => this.indptr.at(row);
    const single = (row: number) => row;
    const indptr = new Int32Array(new SharedArrayBuffer((order.length + 1) * Int32Array.BYTES_PER_ELEMENT));
    order.forEach((row, at) => (indptr[at + 1] = indptr[at] + entries(row + 1) - entries(row)));
    const indices = this.indices.shareRows(order, entries);
    const features = this.features.shareRows(order, (row) => row * FEATURE_NAMES.length);
    const longTail = longTailOf(indices, this.itemIds.length);
    const nInformative = this.nInformative.shareRows(order, single);
    fillLongTailShare(features, { indptr, indices, longTail, nInformative });
    return {
      userIds: Array.from(order, (row) => userIds[row]),
      itemIds: this.itemIds,
      nUsers: userIds.length,
      nItems: this.itemIds.length,
      interactions: {
        indptr,
        indices,
        strength: this.strength.shareRows(order, entries),
        opinion: this.opinion.shareRows(order, entries),
        purchased: this.purchased.shareRows(order, entries),
        rated: this.rated.shareRows(order, entries),
        at: this.at.shareRows(order, entries),
      },
      features,
      longTail,
      eventCounts: this.eventCounts.shareRows(order, single),
      nSignals: this.nSignals.shareRows(order, single),
      nEvents: this.nEvents,
      signals: SIGNALS.filter((signal) => this.signals.has(signal)),
    };
  }
}

/** Popularity is the number of users with an interaction; ties by index. */
function longTailOf(indices: Int32Array, nItems: number): Uint8Array {
  const popularity = new Int32Array(nItems);
  for (const index of indices) popularity[index] += 1;
  const byPopularity = [...popularity.keys()].sort((a, b) => popularity[b] - popularity[a] || a - b);
  const longTail = new Uint8Array(new SharedArrayBuffer(nItems)).fill(1);
  for (const index of byPopularity.slice(0, Math.ceil(nItems * HEAD_SHARE))) longTail[index] = 0;
  return longTail;
}

function fillLongTailShare(
  features: Float64Array,
  rows: { indptr: Int32Array; indices: Int32Array; longTail: Uint8Array; nInformative: Int32Array },
): void {
  const { indptr, indices, longTail, nInformative } = rows;
  for (let user = 0; user + 1 < indptr.length; user++) {
    let tail = 0;
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) tail += longTail[indices[entry]];
    const count = nInformative[user];
    features[user * FEATURE_NAMES.length + LONG_TAIL_COLUMN] = count === 0 ? 0 : tail / count;
  }
}

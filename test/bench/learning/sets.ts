/**
 * Fixed sets of others, by name: a folder with train.csv (user,item,value,ts; 1 for a like, -1 for a dislike) and test.csv
 * (user,item), or with sequences.txt (user, then items in order, the last one held out), beside peers fitted to
 * the same rows in the same run. A test with a single item per user asks for the next item of a visit, any other test for
 * what users like after the training rows. All items of the training rows and of the items' files that a user has not met are candidates.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Interactions, RecommenderInput } from '../../../server/learning/index.js';
import {
  LIST_LENGTH,
  bootstrapMean,
  fitRecommender,
  foldIn,
  judgeUser,
  scoreAll,
} from '../../../server/learning/index.js';
import type { Figure } from '../report.js';

import { rankingPeers } from './ranking-peers.js';
import { bm25, markov, popularity, recentPopularity } from './simple-peers.js';

export interface FixedSet {
  readonly input: RecommenderInput;
  /** Items to be found, by user. */
  readonly tests: readonly {
    readonly name: string;
    readonly users: ReadonlyMap<number, Int32Array>;
    /** Time of the request: absent for the item right after a history, Infinity for all after the training rows. */
    readonly now?: number;
  }[];
}

interface Row {
  readonly user: string;
  readonly item: string;
  readonly value: number;
  /** Ms since the epoch, or the place in the file where no time is known. */
  readonly at: number;
}

const SEARCH_FITS = 8;
const LIKE_STRENGTH = 5;

export async function benchSet(folder: string, name: string): Promise<Figure[]> {
  const { input, tests } = readSet(join(folder, name));
  const peers = await rankingPeers(input, {
    users: tests.flatMap(({ users }) => [...users.keys()]),
    isNext: tests.every(({ now }) => now === undefined),
  });
  const start = performance.now();
  const model = fitRecommender(input, { seed: 1, search: { maxFits: SEARCH_FITS } });
  const seconds = (performance.now() - start) / 1000;
  const systems = [
    { label: 'popularity', scoresOf: popularity(input) },
    { label: 'popularity of the last 14 days', scoresOf: recentPopularity(input, 14) },
    { label: 'Markov', scoresOf: markov(input) },
    { label: 'BM25, latest items most', scoresOf: bm25(input) },
  ];
  // Peers rank the users of all tests, one test after the other.
  let nListed = 0;
  const figures: Figure[] = [{ what: `${name}: search and fit`, value: seconds, unit: 's' }];
  for (const { name: test, users, now } of tests) {
    const ours = ndcgOf(input, users, (history) => scoreAll(model, foldIn(model, history, { now })));
    figures.push({ what: `${name}, ${test}: NDCG@10, ${users.size} users`, ...meanOf(ours), unit: '' });
    const compare = (label: string, theirs: Float64Array) => {
      const difference = ours.map((value, u) => value - theirs[u]);
      const what = `${name}, ${test}: ours minus ${label}`;
      figures.push({ what, ...meanOf(difference), unit: '', peer: meanOf(theirs) });
    };
    for (const { label, scoresOf } of systems) compare(label, ndcgOf(input, users, scoresOf));
    for (const { name: peer, chosen, lists } of peers)
      compare(`${peer} (${chosen})`, ndcgOfLists(lists.slice(nListed), users));
    nListed += users.size;
  }
  return figures;
}

export function readSet(folder: string): FixedSet {
  const rows: Row[] = [];
  const held: { name: string; pairs: [string, string][] }[] = [];
  const others: string[] = [];
  if (existsSync(join(folder, 'sequences.txt'))) {
    const pairs: [string, string][] = [];
    for (const line of linesOf(join(folder, 'sequences.txt'))) {
      const [user, ...items] = line.split(' ');
      items.slice(0, -1).forEach((item) => rows.push({ user, item, value: 1, at: rows.length + 1 }));
      pairs.push([user, items[items.length - 1]]);
    }
    held.push({ name: 'last', pairs });
  } else {
    for (const file of ['train.csv', 'cold_seed.csv', 'cold_seed_neg.csv']) {
      for (const [user, item, value, ts] of cellsOf(join(folder, file)))
        rows.push({
          user,
          item,
          value: Number(value),
          at: ts === undefined ? rows.length + 1 : 1000 * Number(ts),
        });
    }
    for (const [file, name] of [
      ['test.csv', 'warm'],
      ['cold_test.csv', 'cold'],
    ]) {
      const pairs = cellsOf(join(folder, file)).map(([user, item]): [string, string] => [user, item]);
      if (pairs.length > 0) held.push({ name, pairs });
    }
    others.push(...cellsOf(join(folder, 'items.csv')).map(([item]) => item));
  }
  const features = cellsOf(join(folder, 'item_features.csv'));
  const users = indexOf(rows.map(({ user }) => user));
  const items = indexOf([
    ...rows.map(({ item }) => item),
    ...others,
    ...features.map(([item]) => item),
    ...held.flatMap(({ pairs }) => pairs.map(([, item]) => item)),
  ]);
  return {
    input: {
      interactions: interactionsOf(rows, users, items),
      nItems: items.size,
      itemFeatures: featuresOf(features, items),
      userPersona: new Int32Array(users.size).fill(-1),
      nPersonas: 1,
    },
    tests: held.map(({ name, pairs }) => {
      const relevant = itemsByUser(pairs, users, items);
      const isNextItem = [...relevant.values()].every(({ length }) => length === 1);
      return { name, users: relevant, now: isNextItem ? undefined : Infinity };
    }),
  };
}

/** NDCG@10 of each user, in the order of the map. */
export function ndcgOf(
  { interactions }: RecommenderInput,
  users: FixedSet['tests'][number]['users'],
  scoresOf: (history: ReturnType<typeof historyOf>) => Float32Array,
): Float64Array {
  return Float64Array.from(users, ([user, relevant]) => {
    const history = historyOf(interactions, user);
    return judgeUser(scoresOf(history), history.indices, relevant).metrics['ndcg@10'];
  });
}

/** The same of given lists of ten. */
function ndcgOfLists(
  lists: readonly (readonly number[])[],
  users: FixedSet['tests'][number]['users'],
): Float64Array {
  const discount = (rank: number) => 1 / Math.log2(rank + 2);
  return Float64Array.from([...users.values()], (relevant, u) => {
    let gain = 0;
    lists[u].forEach((item, rank) => (gain += relevant.includes(item) ? discount(rank) : 0));
    let best = 0;
    for (let rank = 0; rank < Math.min(LIST_LENGTH, relevant.length); rank++) best += discount(rank);
    return gain / best;
  });
}

export function historyOf({ indptr, indices, strength, opinion, purchased, at }: Interactions, user: number) {
  const [from, to] = [indptr[user], indptr[user + 1]];
  return {
    indices: indices.subarray(from, to),
    strength: strength.subarray(from, to),
    opinion: opinion.subarray(from, to),
    purchased: purchased.subarray(from, to),
    at: at!.subarray(from, to),
  };
}

function meanOf(values: Float64Array) {
  const { value, low, high } = bootstrapMean(values, { seed: 1 });
  return { value, low, high };
}

function interactionsOf(
  rows: readonly Row[],
  users: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, number>,
): Interactions {
  // Of an item that a user met twice the later row counts.
  const byPair = new Map(rows.map((row) => [`${row.user} ${row.item}`, row]));
  const entries = [...byPair.values()].map((row) => ({
    ...{ user: users.get(row.user)!, item: items.get(row.item)! },
    ...{ value: row.value, at: row.at },
  }));
  entries.sort((a, b) => a.user - b.user || a.item - b.item);
  const indptr = new Int32Array(users.size + 1);
  for (const { user } of entries) indptr[user + 1] += 1;
  for (let user = 0; user < users.size; user++) indptr[user + 1] += indptr[user];
  return {
    indptr,
    indices: Int32Array.from(entries, ({ item }) => item),
    strength: Float32Array.from(entries, ({ value }) => (value > 0 ? LIKE_STRENGTH : 0)),
    opinion: Int8Array.from(entries, ({ value }) => value),
    purchased: new Uint8Array(entries.length),
    at: Float64Array.from(entries, ({ at }) => at),
  };
}

function featuresOf(cells: readonly string[][], items: ReadonlyMap<string, number>) {
  const names = indexOf(cells.map(([, feature]) => feature));
  const byItem = Array.from({ length: items.size }, () => [] as number[]);
  for (const [item, feature] of cells) byItem[items.get(item)!].push(names.get(feature)!);
  const indptr = new Int32Array(items.size + 1);
  byItem.forEach((own, item) => (indptr[item + 1] = indptr[item] + own.length));
  return { indptr, indices: Int32Array.from(byItem.flat()), nFeatures: names.size };
}

function itemsByUser(
  pairs: readonly (readonly [string, string])[],
  users: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, number>,
): Map<number, Int32Array> {
  const byUser = new Map<number, number[]>();
  for (const [user, item] of pairs) {
    const row = users.get(user);
    if (row === undefined) continue;
    byUser.set(row, [...(byUser.get(row) ?? []), items.get(item)!]);
  }
  return new Map([...byUser].map(([user, own]) => [user, Int32Array.from(own)]));
}

function indexOf(names: readonly string[]): Map<string, number> {
  return new Map([...new Set(names)].map((name, index) => [name, index]));
}

/** The rows of a table without its header; none where there is no such file. */
function cellsOf(path: string): string[][] {
  return existsSync(path)
    ? linesOf(path)
        .slice(1)
        .map((line) => line.split(','))
    : [];
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trim().split(/\r?\n/);
}

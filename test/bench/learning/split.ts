/**
 * A split folder: items.csv (item), item_features.csv (item,feature), train.csv and cold_seed.csv, cold_seed_neg.csv
 * (user,item,value with 1 for a like and -1 for a dislike), test.csv, cold_test.csv and test_neg.csv (user,item).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Item } from '../../../server/domain/index.js';
import { encodeItems } from '../../../server/features/index.js';
import { learnCategoryRule, readItems } from '../../../server/ingest/index.js';
import type { Interval, RecommenderInput, RecommenderModel } from '../../../server/learning/index.js';
import {
  bootstrapMean,
  foldIn,
  itemFeaturesOf,
  judgeUser,
  scoreAll,
} from '../../../server/learning/index.js';

export interface Split {
  readonly input: RecommenderInput;
  readonly warm: ReadonlyMap<number, Int32Array>;
  readonly cold: ReadonlyMap<number, Int32Array>;
  /** Held-out dislikes. */
  readonly disliked: ReadonlyMap<number, Int32Array>;
}

const LIKE_STRENGTH = 5;

/** `catalogue`: a file of items to import, which then says what items are made of. */
export async function readSplit(folder: string, catalogue?: string): Promise<Split> {
  const read = (name: string) =>
    readFileSync(join(folder, name), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','));
  const itemIndex = indexOf(read('items.csv').map(([item]) => item));
  const rows = ['train.csv', 'cold_seed.csv', 'cold_seed_neg.csv'].flatMap(read);
  const userIndex = indexOf(rows.map(([user]) => user));
  const heldOut = (name: string) => {
    const byUser = new Map<number, number[]>();
    for (const [user, item] of read(name)) {
      const index = userIndex.get(user);
      if (index === undefined) continue;
      byUser.set(index, [...(byUser.get(index) ?? []), itemIndex.get(item)!]);
    }
    return new Map([...byUser].map(([user, items]) => [user, Int32Array.from(items)]));
  };
  return {
    input: {
      interactions: interactionsOf(
        rows.map(([user, item, value]) => [userIndex.get(user)!, itemIndex.get(item)!, +value]),
      ),
      nItems: itemIndex.size,
      itemFeatures:
        catalogue === undefined
          ? featuresOf(read('item_features.csv'), itemIndex)
          : await catalogueFeatures(catalogue, itemIndex),
      userPersona: new Int32Array(userIndex.size).fill(-1),
      nPersonas: 1,
    },
    warm: heldOut('test.csv'),
    cold: heldOut('cold_test.csv'),
    disliked: heldOut('test_neg.csv'),
  };
}

async function catalogueFeatures(path: string, itemIndex: ReadonlyMap<string, number>) {
  const options = { now: Date.now() };
  const categoryRule = await learnCategoryRule(path, options);
  const items = new Array<Item>(itemIndex.size);
  for await (const { rows } of readItems(path, { ...options, categoryRule })) {
    for (const item of rows) {
      const index = itemIndex.get(item.itemId);
      if (index !== undefined) items[index] = item;
    }
  }
  return itemFeaturesOf(encodeItems(items));
}

function indexOf(names: readonly string[]): Map<string, number> {
  return new Map([...new Set(names)].map((name, index) => [name, index]));
}

function interactionsOf(entries: number[][]): RecommenderInput['interactions'] {
  entries.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const indptr = new Int32Array(entries[entries.length - 1][0] + 2);
  for (const [user] of entries) indptr[user + 1] += 1;
  for (let user = 0; user + 1 < indptr.length; user++) indptr[user + 1] += indptr[user];
  return {
    indptr,
    indices: Int32Array.from(entries, ([, item]) => item),
    strength: Float32Array.from(entries, ([, , value]) => (value > 0 ? LIKE_STRENGTH : 0)),
    opinion: Int8Array.from(entries, ([, , value]) => value),
    purchased: new Uint8Array(entries.length),
  };
}

function featuresOf(rows: readonly string[][], itemIndex: ReadonlyMap<string, number>) {
  const featureIndex = indexOf(rows.map(([, feature]) => feature));
  const byItem = Array.from({ length: itemIndex.size }, () => [] as number[]);
  for (const [item, feature] of rows) byItem[itemIndex.get(item)!].push(featureIndex.get(feature)!);
  const indptr = new Int32Array(byItem.length + 1);
  byItem.forEach((features, item) => (indptr[item + 1] = indptr[item] + features.length));
  return { indptr, indices: Int32Array.from(byItem.flat()), nFeatures: featureIndex.size };
}

export interface SplitQuality {
  readonly warmNdcg: Interval;
  readonly coldNdcg: Interval;
  readonly auc: Interval;
  /** Held-out dislikes in the first ten, per warm user. */
  readonly dislikedInTop: Interval;
}

export function judgeSplit(model: RecommenderModel, { input, warm, cold, disliked }: Split): SplitQuality {
  const { indptr, indices, strength, opinion, purchased } = input.interactions;
  const judge = (users: ReadonlyMap<number, Int32Array>) => {
    const found = { ndcg: [] as number[], auc: [] as number[], disliked: [] as number[] };
    for (const [user, held] of users) {
      const row = <A extends Int32Array | Float32Array | Int8Array | Uint8Array>(all: A) =>
        all.subarray(indptr[user], indptr[user + 1]) as A;
      const history = {
        indices: row(indices),
        strength: row(strength),
        opinion: row(opinion),
        purchased: row(purchased),
      };
      const { metrics, list } = judgeUser(scoreAll(model, foldIn(model, history)), history.indices, held);
      found.ndcg.push(metrics['ndcg@10']);
      found.auc.push(metrics.auc);
      found.disliked.push((disliked.get(user) ?? []).filter((item) => list.includes(item)).length);
    }
    return found;
  };
  const mean = (values: readonly number[]) => bootstrapMean(Float64Array.from(values), { seed: 1 });
  const found = judge(warm);
  return {
    warmNdcg: mean(found.ndcg),
    coldNdcg: mean(judge(cold).ndcg),
    auc: mean(found.auc),
    dislikedInTop: mean(found.disliked),
  };
}

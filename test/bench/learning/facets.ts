/**
 * Facets on a fixed set: how many users have several, how many lists keep them all, and what that costs in NDCG. All from
 * the training rows: a fifth of each user's likes is taken out, at random, and never the rows of the test.
 */

import { join } from 'node:path';

import type { Facets, Interactions, RecommenderModel } from '../../../server/learning/index.js';
import {
  bootstrapMean,
  createRandom,
  facetOf,
  findFacets,
  fitRecommender,
  foldIn,
  recommend,
} from '../../../server/learning/index.js';
import type { Figure } from '../report.js';

import { historyOf, readSet } from './sets.js';

const HELD_SHARE = 0.2;
const MIN_LIKES = 5;
const LIST_LENGTH = 10;
const SEED = 1;

export function benchFacets(folder: string, name: string): Figure[] {
  const { input } = readSet(join(folder, name));
  const { kept, held } = takeOut(input.interactions);
  const model = fitRecommender({ ...input, interactions: kept }, { seed: SEED });
  const several: number[] = [];
  const keeps: number[] = [];
  const keepsPlain: number[] = [];
  const plain: number[] = [];
  const calibrated: number[] = [];
  let spent = 0;
  held.forEach((relevant, user) => {
    const history = historyOf(kept, user);
    const likes = history.indices.filter((_, p) => history.opinion[p] > 0);
    if (likes.length < MIN_LIKES) return;
    const start = performance.now();
    const facets = findFacets({ items: likes, ...spaceOf(model) })!;
    spent += performance.now() - start;
    several.push(Number(facets.nFacets > 1));
    if (relevant.size === 0) return;
    const state = foldIn(model, history);
    const seen = new Set(history.indices);
    const listOf = (own: Facets | null) =>
      recommend(model, state, { n: LIST_LENGTH, facets: own, isAllowed: (item) => !seen.has(item) }).map(
        ({ itemIndex }) => itemIndex,
      );
    const [without, list] = [listOf(null), listOf(facets)];
    plain.push(ndcg(without, relevant));
    calibrated.push(ndcg(list, relevant));
    if (facets.nFacets < 2) return;
    keeps.push(Number(keepsAll(list, facets, model)));
    keepsPlain.push(Number(keepsAll(without, facets, model)));
  });
  const cost = bootstrapMean(
    Float64Array.from(plain, (value, u) => value - calibrated[u]),
    { seed: SEED },
  );
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const base = mean(plain);
  return [
    {
      what: `${name}: users with five or more likes who have two facets or more`,
      value: mean(several),
      unit: '',
      goal: '>= .50',
    },
    {
      what: `${name}: lists that keep every facet, of those users`,
      value: mean(keeps),
      unit: '',
      goal: '>= .95',
      peer: { value: mean(keepsPlain) },
    },
    {
      what: `${name}: NDCG@10 of ${plain.length} users, without facets as the peer`,
      value: mean(calibrated),
      unit: '',
      peer: { value: base },
    },
    {
      what: `${name}: cost in NDCG@10, relative`,
      value: cost.value / base,
      low: cost.low / base,
      high: cost.high / base,
      unit: '',
      goal: '<= .01',
    },
    { what: `${name}: finding the facets of a user`, value: spent / several.length, unit: 'ms' },
  ];
}

/** Takes a fifth of the likes out of the rows. */
export function takeOut({ indptr, indices, strength, opinion, purchased, at }: Interactions) {
  const random = createRandom(SEED);
  const rows: number[] = [];
  const ends = [0];
  const held: Set<number>[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    const relevant = new Set<number>();
    for (let p = indptr[user]; p < indptr[user + 1]; p++) {
      if (opinion[p] > 0 && random.next() < HELD_SHARE) relevant.add(indices[p]);
      else rows.push(p);
    }
    held.push(relevant);
    ends.push(rows.length);
  }
  const kept: Interactions = {
    indptr: Int32Array.from(ends),
    indices: Int32Array.from(rows, (p) => indices[p]),
    strength: Float32Array.from(rows, (p) => strength[p]),
    opinion: Int8Array.from(rows, (p) => opinion[p]),
    purchased: Uint8Array.from(rows, (p) => purchased[p]),
    at: Float64Array.from(rows, (p) => at![p]),
  };
  return { kept, held };
}

function spaceOf({ itemEmbeddings, hyperParameters }: RecommenderModel) {
  return { embeddings: itemEmbeddings, nComponents: hyperParameters.nComponents };
}

function keepsAll(list: readonly number[], facets: Facets, model: RecommenderModel): boolean {
  return new Set(list.map((item) => facetOf(facets, spaceOf(model), item))).size === facets.nFacets;
}

function ndcg(list: readonly number[], relevant: ReadonlySet<number>): number {
  let gain = 0;
  let ideal = 0;
  for (let rank = 0; rank < LIST_LENGTH; rank++) {
    const discount = 1 / Math.log2(rank + 2);
    if (relevant.has(list[rank])) gain += discount;
    if (rank < relevant.size) ideal += discount;
  }
  return gain / ideal;
}

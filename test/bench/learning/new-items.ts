/**
 * Items that were imported after the training: a tenth of the items of a split is left out of it, then added by their
 * content. NDCG@10 of their held-out likes, all unseen items as candidates, beside models trained with these items, with
 * and without their interactions.
 */

import type { Interactions, RecommenderInput, RecommenderModel } from '../../../server/learning/index.js';
import {
  bootstrapMean,
  completeHyperParameters,
  createContentIndex,
  createItemSource,
  createRandom,
  fitRecommender,
  foldIn,
  judgeUser,
  pick,
  scoreAll,
  withNewItems,
} from '../../../server/learning/index.js';
import type { Figure } from '../report.js';

import type { Split } from './split.js';
import { readSplit } from './split.js';

const NEW_SHARE = 0.1;
const HYPER_PARAMETERS = completeHyperParameters({ nComponents: 128 });

/** `split`: a split folder; `items`: the catalogue as one would import it. */
export async function benchNewItems({
  split: folder,
  items,
}: {
  split: string;
  items?: string;
}): Promise<Figure[]> {
  const split = await readSplit(folder, items);
  const { input } = split;
  const order = withNewItemsLast(input.nItems);
  const whole = renamed(input, order);
  const nOld = input.nItems - Math.round(NEW_SHARE * input.nItems);
  const isOld = (item: number) => item < nOld;
  const without = { ...whole, interactions: keep(whole.interactions, isOld) };
  const trained = fit({ ...without, nItems: nOld, itemFeatures: firstItems(whole, nOld) });
  const neighboursOf = createContentIndex(trained);
  const { indptr, indices } = whole.itemFeatures;
  const start = performance.now();
  const added = Array.from({ length: input.nItems - nOld }, (_, k) =>
    neighboursOf(indices.subarray(indptr[nOld + k], indptr[nOld + k + 1])),
  );
  const { model, longest } = inSteps(withNewItems(createItemSource(trained), trained, added));
  const seconds = (performance.now() - start) / 1000;
  const ndcg = (of: RecommenderModel, seen: Interactions) =>
    meanOf(judge(of, { seen, whole: whole.interactions, warm: split.warm, order, isOld }));
  const [imported, retrained] = [ndcg(model, without.interactions), ndcg(fit(whole), whole.interactions)];
  return [
    { what: `new items: adding ${added.length}`, value: seconds, unit: 's', goal: '<= 1 s' },
    { what: 'new items: longest step of adding them', value: longest, unit: 'ms', goal: '<= 50 ms' },
    { what: 'new items, imported: NDCG@10', ...imported, unit: '', peer: retrained },
    {
      what: 'new items, imported over retrained with their interactions',
      value: imported.value / retrained.value,
      unit: '',
      goal: '>= .80',
    },
    {
      what: 'new items, retrained without their interactions: NDCG@10',
      ...ndcg(fit(without), without.interactions),
      unit: '',
    },
  ];
}

function inSteps(steps: Generator<void, RecommenderModel>): { model: RecommenderModel; longest: number } {
  for (let longest = 0; ;) {
    const start = performance.now();
    const { done, value } = steps.next();
    longest = Math.max(longest, performance.now() - start);
    if (done === true) return { model: value, longest };
  }
}

function fit(input: RecommenderInput): RecommenderModel {
  return fitRecommender(input, { seed: 1, hyperParameters: HYPER_PARAMETERS });
}

/** Int32Array [nItems]: the new index of each item; new items, a random tenth, come last. */
function withNewItemsLast(nItems: number): Int32Array {
  const names = new Int32Array(nItems);
  createRandom(7)
    .shuffle(Array.from({ length: nItems }, (_, item) => item))
    .forEach((item, at) => (names[item] = at));
  return names;
}

function renamed(input: RecommenderInput, names: Int32Array): RecommenderInput {
  const { interactions, itemFeatures, nItems } = input;
  const { indptr } = interactions;
  const entries: number[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    const own = Array.from({ length: indptr[user + 1] - indptr[user] }, (_, k) => indptr[user] + k);
    entries.push(...own.sort((p, q) => names[interactions.indices[p]] - names[interactions.indices[q]]));
  }
  const picked = pick(interactions, entries);
  const byName = new Int32Array(nItems);
  names.forEach((name, item) => (byName[name] = item));
  const features = Array.from(byName, (item) =>
    itemFeatures.indices.subarray(itemFeatures.indptr[item], itemFeatures.indptr[item + 1]),
  );
  const featurePtr = new Int32Array(nItems + 1);
  features.forEach((own, at) => (featurePtr[at + 1] = featurePtr[at] + own.length));
  return {
    ...input,
    interactions: { ...picked, indptr, indices: picked.indices.map((item) => names[item]) },
    itemFeatures: {
      indptr: featurePtr,
      indices: Int32Array.from(features.flatMap((own) => [...own])),
      nFeatures: itemFeatures.nFeatures,
    },
  };
}

function firstItems({ itemFeatures }: RecommenderInput, n: number): RecommenderInput['itemFeatures'] {
  const indptr = itemFeatures.indptr.subarray(0, n + 1);
  return { ...itemFeatures, indptr, indices: itemFeatures.indices.subarray(0, indptr[n]) };
}

function keep(interactions: Interactions, isKept: (item: number) => boolean): Interactions {
  const indptr = new Int32Array(interactions.indptr.length);
  const entries: number[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    for (let p = interactions.indptr[user]; p < interactions.indptr[user + 1]; p++)
      if (isKept(interactions.indices[p])) entries.push(p);
    indptr[user + 1] = entries.length;
  }
  return { ...pick(interactions, entries), indptr };
}

/** NDCG@10 of each user with held-out new items. */
function judge(
  model: RecommenderModel,
  {
    seen,
    whole,
    warm,
    order,
    isOld,
  }: {
    seen: Interactions;
    whole: Interactions;
    warm: Split['warm'];
    order: Int32Array;
    isOld: (item: number) => boolean;
  },
): Float64Array {
  const values: number[] = [];
  for (const [user, held] of warm) {
    const relevant = held.map((item) => order[item]).filter((item) => !isOld(item));
    if (relevant.length === 0) continue;
    const [from, to] = [seen.indptr[user], seen.indptr[user + 1]];
    const entries = Array.from({ length: to - from }, (_, k) => from + k);
    const known = whole.indices.subarray(whole.indptr[user], whole.indptr[user + 1]);
    const scores = scoreAll(model, foldIn(model, pick(seen, entries)));
    values.push(judgeUser(scores, known, relevant).metrics['ndcg@10']);
  }
  return Float64Array.from(values);
}

function meanOf(values: Float64Array) {
  const { value, low, high } = bootstrapMean(values, { seed: 1 });
  return { value, low, high };
}

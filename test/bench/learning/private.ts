/**
 * Private training on a fixed set: the share of NDCG that remains beside the product's search and fit without noise. A
 * fifth of the likes is taken out of the training rows; the rows of the test play no part.
 */

import { join } from 'node:path';

import type { RecommenderModel } from '../../../server/learning/index.js';
import {
  createRandom,
  fitPrivateRecommender,
  fitRecommender,
  foldIn,
  scoreAll,
} from '../../../server/learning/index.js';
import { gaussianDeviation } from '../../../server/privacy/index.js';
import type { Figure } from '../report.js';
import { medianOf } from '../report.js';

import { takeOut } from './facets.js';
import { ndcgOf, readSet } from './sets.js';

const DELTA = 1e-6;
const EPSILONS = [1, 3, 10];
const SEARCH_FITS = 8;
/** Fits per epsilon: the noise differs. */
const N_FITS = 3;

export function benchPrivate(folder: string, name: string): Figure[] {
  const { input } = readSet(join(folder, name));
  const { kept, held } = takeOut(input.interactions);
  const rows = { ...input, interactions: kept };
  const users = new Map(
    [...held].flatMap((items, user) => (items.size === 0 ? [] : [[user, Int32Array.from(items)] as const])),
  );
  const ndcg = (model: RecommenderModel) => {
    const values = ndcgOf(rows, users, (history) => scoreAll(model, foldIn(model, history)));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const open = ndcg(fitRecommender(rows, { seed: 1, search: { maxFits: SEARCH_FITS } }));
  const figures: Figure[] = [
    { what: `${name}: NDCG@10 of ${users.size} users, without noise`, value: open, unit: '' },
  ];
  for (const epsilon of EPSILONS) {
    const noise = gaussianDeviation(epsilon, DELTA);
    const kepts = Array.from({ length: N_FITS }, (_, fit) => {
      const random = createRandom(fit + 1);
      const model = fitPrivateRecommender(rows, { noise, normal: () => random.normal(), seed: 1 });
      return ndcg(model) / open;
    });
    figures.push({
      what: `${name}: share of it with epsilon ${epsilon}, delta ${DELTA}`,
      ...medianOf(kepts),
      unit: '',
      ...(epsilon === 10 ? { goal: '>= .85' } : {}),
    });
  }
  return figures;
}

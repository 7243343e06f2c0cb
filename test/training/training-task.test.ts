/** A search that is misled does not keep a version from following its users. */

import { describe, expect, it } from 'vitest';

import { DEFAULT_EXCLUSIONS } from '../../server/domain/index.js';
import {
  completeHyperParameters,
  createRandom,
  fitPersonas,
  fitRecommender,
  holdOut,
  itemFeaturesOf,
  packPersonas,
  packRecommender,
} from '../../server/learning/index.js';
import { refusalOf } from '../../server/training/index.js';
import { runTrainingTask } from '../../server/training/training-task.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);
const [N_USERS, N_ITEMS, N_GROUPS] = [400, 90, 3];
const HYPER_PARAMETERS = completeHyperParameters({ nComponents: 8, nNeighbours: 12, nSweeps: 3 });
const FEATURE_NAMES = ['a', 'b'];

/** Everybody likes one group of items, for a while the next, and in the last week the first one again. */
function fickleUsers() {
  const random = createRandom(3);
  const entries: { user: number; item: number; at: number }[] = [];
  for (let user = 0; user < N_USERS; user++) {
    const home = user % N_GROUPS;
    const own = itemsOf(home, random);
    const likes = [
      ...own.slice(0, 10).map((item) => ({ item, day: random.int(5) })),
      ...itemsOf((home + 1) % N_GROUPS, random)
        .slice(0, 8)
        .map((item) => ({ item, day: 60 + random.int(5) })),
      ...own.slice(10, 16).map((item) => ({ item, day: 90 + random.int(5) })),
    ];
    likes.sort((a, b) => a.item - b.item);
    for (const { item, day } of likes) entries.push({ user, item, at: START + day * DAY });
  }
  const indptr = new Int32Array(N_USERS + 1);
  for (const { user } of entries) indptr[user + 1] += 1;
  for (let user = 0; user < N_USERS; user++) indptr[user + 1] += indptr[user];
  return {
    indptr,
    indices: Int32Array.from(entries, ({ item }) => item),
    strength: new Float32Array(entries.length).fill(6),
    opinion: new Int8Array(entries.length).fill(1),
    purchased: new Uint8Array(entries.length),
    rated: new Uint8Array(entries.length),
    at: Float64Array.from(entries, ({ at }) => at),
  };
}

function itemsOf(group: number, random: ReturnType<typeof createRandom>): number[] {
  return random.shuffle(Array.from({ length: N_ITEMS / N_GROUPS }, (_, i) => group + N_GROUPS * i));
}

describe('a training task', () => {
  it('fits the configuration that serves again when the one that was searched for loses to it', () => {
    const interactions = fickleUsers();
    const random = createRandom(5);
    const features = Float64Array.from({ length: 2 * N_USERS }, (_, n) => random.next() + 5 * ((n >> 1) % 2));
    const content = {
      ...{ categories: new Int32Array(N_ITEMS).fill(-1), categoryNames: [] },
      ...{ termIndptr: new Int32Array(N_ITEMS + 1), termIndices: new Int32Array(0), termNames: [] },
    };
    const personas = fitPersonas(features, { names: FEATURE_NAMES, seed: 1 });
    const input = {
      ...{ interactions, nItems: N_ITEMS, itemFeatures: itemFeaturesOf(content) },
      ...{ userPersona: personas.labels, nPersonas: personas.model.personas.length },
    };
    const serving = fitRecommender(input, { seed: 1, hyperParameters: HYPER_PARAMETERS });
    const { train } = holdOut(interactions, { seed: 1 });
    const searched = fitRecommender(
      { ...input, interactions: train },
      { seed: 1, hyperParameters: HYPER_PARAMETERS, search: { maxFits: 8 } },
    );
    expect(searched.hyperParameters.halfLife).toBeGreaterThan(0);

    const result = runTrainingTask({
      dataset: {
        ...{ nUsers: N_USERS, nItems: N_ITEMS, interactions, features },
        nSignals: new Int32Array(N_USERS).fill(24),
      },
      ...{ content, featureNames: FEATURE_NAMES, seed: 1, exclude: new Set(DEFAULT_EXCLUSIONS) },
      active: {
        ...{ version: 1, trainedAt: START + 100 * DAY, tolerance: 0.005, nSearched: 0 },
        personas: packPersonas(personas.model),
        recommender: packRecommender(serving),
        hyperParameters: serving.hyperParameters,
        itemIndex: Int32Array.from({ length: N_ITEMS }, (_, item) => item),
      },
    });
    expect(result.hyperParameters).toEqual({ ...HYPER_PARAMETERS });
    expect(refusalOf(result)).toBeUndefined();
    expect(result.comparisonBasis).toContain('unchanged');
    // Several fits: seconds on an idle machine, and far longer on a busy one.
  }, 180_000);
});

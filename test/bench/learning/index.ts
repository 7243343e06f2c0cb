/**
 * The learning core, one thread, beside its Python peers in the same run where they can be installed: fits, sweeps,
 * fold-in, personas, a whole training, and what the models are worth.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_EXCLUSIONS } from '../../../server/domain/index.js';
import { FEATURE_NAMES } from '../../../server/features/index.js';
import { fitFactors } from '../../../server/learning/factorization/factors.js';
import { weighItemFeatures } from '../../../server/learning/factorization/item-features.js';
import { preferenceRows } from '../../../server/learning/factorization/signals.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import type { HyperParameters, RecommenderInput } from '../../../server/learning/index.js';
import {
  completeHyperParameters,
  createRandom,
  fitPersonas,
  fitRecommender,
  foldIn,
  itemFeaturesOf,
  unpackPersonas,
  unpackRecommender,
} from '../../../server/learning/index.js';
import { evaluateVersion } from '../../../server/services/training/index.js';
import { runTrainingTask } from '../../../server/training/training-task.js';
import type { Figure, Measured } from '../report.js';
import { medianOf } from '../report.js';

import { preparePeers, runPeer } from './peers.js';
import type { Split } from './split.js';
import { judgeSplit, readSplit } from './split.js';
import { syntheticData } from './synthetic.js';

const RUNS = 5;
const FOLD_INS = 2_000;
const SEARCH_FITS = 8;
const WIDE = { nComponents: 128 };

interface AlsPeer {
  sweep64: number[];
  sweep128: number[];
  fit128: number[];
  foldInUs: number[];
  foldInEvents: number;
}

/**
 * `split`: a split folder for fits and quality; simulated users without one. `items`: the catalogue as one would import
 * it; without it the split's own features are all that is known of the items.
 */
export async function benchLearning({ split, items }: { split?: string; items?: string }): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  try {
    const hasPeers = await preparePeers();
    const synthetic = syntheticData(10_000);
    const held = split === undefined ? null : await readSplit(split, items);
    const input = held?.input ?? inputOf(synthetic);
    return [
      ...(await benchFits(input, folder, hasPeers)),
      ...(await benchPersonas(folder, hasPeers)),
      ...benchTraining(synthetic),
      ...(held === null ? [] : benchSplit(held)),
      ...benchScale(),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inputOf({ dataset, content }: ReturnType<typeof syntheticData>): RecommenderInput {
  const userPersona = new Int32Array(dataset.nUsers).fill(-1);
  const { interactions, nItems } = dataset;
  return { interactions, nItems, itemFeatures: itemFeaturesOf(content), userPersona, nPersonas: 1 };
}

async function benchFits(input: RecommenderInput, folder: string, hasPeers: boolean): Promise<Figure[]> {
  const path = join(folder, 'likes.i32');
  await writeFile(path, likesOf(input));
  const nUsers = input.userPersona.length;
  const als = hasPeers ? await runPeer<AlsPeer>('als', path, nUsers, input.nItems) : null;
  const warp = hasPeers ? await runPeer<{ fit: number[] }>('warp', path, nUsers, input.nItems) : null;
  const fit = secondsOf(() => fitRecommender(input, { seed: 1, hyperParameters: WIDE }));
  const model = fitRecommender(input, { seed: 1 });
  const history = historyOfLength(input, als?.foldInEvents ?? 50);
  foldIn(model, history);
  const foldIns = runs(() => {
    for (let n = 0; n < FOLD_INS; n++) foldIn(model, history);
  });
  return [
    {
      what: 'fit of factorisation (128) and item-to-item term, peer implicit ALS-128',
      ...fit,
      unit: 's',
      goal: '<= 4.0 s, <= peer',
      ...peerOf(als?.fit128),
    },
    { what: 'the same, peer LightFM WARP-64', ...fit, unit: 's', ...peerOf(warp?.fit) },
    {
      what: 'one ALS sweep, 64 components, peer implicit',
      ...sweepSeconds(input, 64),
      unit: 's',
      goal: '<= 1.0 x peer',
      ...peerOf(als?.sweep64),
    },
    {
      what: 'one ALS sweep, 128 components, peer implicit',
      ...sweepSeconds(input, 128),
      unit: 's',
      goal: '<= 1.0 x peer',
      ...peerOf(als?.sweep128),
    },
    {
      what: `fold-in of ${history.indices.length} events, 64 components, peer implicit`,
      ...medianOf(foldIns.map((seconds) => (seconds / FOLD_INS) * 1e6)),
      unit: 'us',
      goal: '<= 66 us',
      ...peerOf(als?.foldInUs),
    },
  ];
}

/** Little-endian int32 pairs of user and item. */
function likesOf({ interactions }: RecommenderInput): Buffer {
  const { indptr, indices, opinion } = interactions;
  const pairs: number[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    for (let p = indptr[user]; p < indptr[user + 1]; p++) if (opinion[p] > 0) pairs.push(user, indices[p]);
  }
  return Buffer.from(Int32Array.from(pairs).buffer);
}

/** The first `length` items, liked: what a fold-in costs depends on their number alone. */
function historyOfLength({ nItems }: RecommenderInput, length: number) {
  const indices = Int32Array.from({ length }, (_, p) => (p * 17) % nItems);
  return {
    indices,
    strength: new Float32Array(length).fill(5),
    opinion: new Int8Array(length).fill(1),
    purchased: new Uint8Array(length),
  };
}

/** From fits of two lengths, so that neither start nor end counts. */
function sweepSeconds(input: RecommenderInput, nComponents: number): Measured {
  const { nItems, itemFeatures, userPersona, nPersonas } = input;
  const fit = (nSweeps: number) => {
    const hyperParameters: HyperParameters = completeHyperParameters({ nComponents, nSweeps });
    const preference = preferenceRows(input.interactions, nItems, hyperParameters);
    const { rows: features } = weighItemFeatures(itemFeatures, preference, nItems);
    const data = { preference, nItems, features, nFeatures: itemFeatures.nFeatures, userPersona, nPersonas };
    return () => fitFactors(createKernels(), data, { hyperParameters, seed: 1 });
  };
  const [few, many] = [runs(fit(1)), runs(fit(6))];
  return medianOf(many.map((seconds, run) => (seconds - few[run]) / 5));
}

async function benchPersonas(folder: string, hasPeers: boolean): Promise<Figure[]> {
  const [nRows, nColumns] = [10_000, 20];
  const random = createRandom(5);
  const table = Float64Array.from(
    { length: nRows * nColumns },
    (_, at) => (Math.floor(at / nColumns) % 4 === at % 4 ? 2 : 0) + random.normal(),
  );
  const path = join(folder, 'table.f64');
  await writeFile(path, Buffer.from(table.buffer));
  const names = Array.from({ length: nColumns }, (_, c) => `column ${c}`);
  const peer = hasPeers ? await runPeer<{ seconds: number[] }>('personas', path, nColumns) : null;
  return [
    {
      what: 'personas: preprocessing, k = 2..10 with 10 starts, exact silhouettes, 10,000 x 20, peer scikit-learn',
      ...secondsOf(() => fitPersonas(table, { names, seed: 1 })),
      unit: 's',
      goal: '<= 0.5 x peer',
      ...peerOf(peer?.seconds),
    },
  ];
}

function benchTraining({ dataset, content, truth }: ReturnType<typeof syntheticData>): Figure[] {
  const start = performance.now();
  const result = runTrainingTask({
    dataset,
    content,
    featureNames: FEATURE_NAMES,
    active: null,
    seed: 1,
    exclude: new Set(DEFAULT_EXCLUSIONS),
  });
  const seconds = (performance.now() - start) / 1000;
  const serving = {
    version: 1,
    personas: unpackPersonas(result.packedPersonas),
    recommender: unpackRecommender(result.packedRecommender),
  };
  const { protocol } = evaluateVersion({
    ...{ serving, dataset, content, truth, seed: 1 },
    exclude: DEFAULT_EXCLUSIONS,
  });
  const users = dataset.nUsers.toLocaleString('en');
  return [
    {
      what: `training task with search, ${users} users, ${dataset.nEvents.toLocaleString('en')} events`,
      value: seconds,
      unit: 's',
      goal: '<= 20 s with the database',
    },
    {
      what: 'this process, peak RSS',
      value: process.resourceUsage().maxRSS / 1024,
      unit: 'MiB',
      goal: '< 1,024 MiB',
    },
    ...protocol.flatMap(({ label, metrics, ratio, silhouette }): Figure[] => [
      {
        what: `simulated, ${label}: precision@5`,
        ...intervalOf(metrics!['precision@5']),
        unit: '',
        goal: '>= .76',
      },
      {
        what: `simulated, ${label}: recall@10`,
        ...intervalOf(metrics!['recall@10']),
        unit: '',
        goal: '>= .83',
      },
      {
        what: `simulated, ${label}: precision@5 over the oracle's`,
        ...intervalOf(ratio!['precision@5']),
        unit: '',
        goal: '>= .95',
      },
      { what: `simulated, ${label}: silhouette`, ...intervalOf(silhouette), unit: '', goal: '>= .60' },
    ]),
  ];
}

/** Ten times the users, in memory. Last, because it decides how much memory this process ever held. */
function benchScale(): Figure[] {
  const { dataset, content } = syntheticData(100_000);
  const start = performance.now();
  runTrainingTask({
    dataset,
    content,
    featureNames: FEATURE_NAMES,
    active: null,
    seed: 1,
    exclude: new Set(DEFAULT_EXCLUSIONS),
  });
  return [
    {
      what: `training task with search, 100,000 users, ${dataset.nEvents.toLocaleString('en')} events`,
      value: (performance.now() - start) / 1000,
      unit: 's',
      goal: '<= 120 s',
    },
    {
      what: 'this process, peak RSS, 100,000 users',
      value: process.resourceUsage().maxRSS / 1024,
      unit: 'MiB',
      goal: '< 4,096 MiB',
    },
  ];
}

function benchSplit(split: Split): Figure[] {
  const model = fitRecommender(split.input, { seed: 1, search: { maxFits: SEARCH_FITS } });
  const { warmNdcg, coldNdcg, auc, dislikedInTop } = judgeSplit(model, split);
  return [
    { what: 'split, warm: NDCG@10', ...warmNdcg, unit: '', goal: '>= .225' },
    { what: 'split, cold: NDCG@10', ...coldNdcg, unit: '', goal: '>= .268' },
    { what: 'split, warm: AUC', ...auc, unit: '', goal: '>= .90' },
    { what: 'split, warm: disliked in the first ten', ...dislikedInTop, unit: '', goal: '<= .008' },
  ];
}

/** Seconds of several runs, after one that does not count. */
function runs(run: () => unknown): number[] {
  run();
  return Array.from({ length: RUNS }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  });
}

function secondsOf(run: () => unknown): Measured {
  return medianOf(runs(run));
}

/** Nothing where the peer could not run. */
function peerOf(sample: readonly number[] | undefined): { peer?: Measured } {
  return sample === undefined ? {} : { peer: medianOf(sample) };
}

/** Without what else an evaluation says of it. */
function intervalOf({ value, low, high }: Required<Measured>): Measured {
  return { value, low, high };
}

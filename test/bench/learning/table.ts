/**
 * The paper's Table I on simulated users, by persona: this recommender, the attainable ceiling, the oracle, and LightFM,
 * implicit ALS, EASE and SASRec fitted to the same rows where Python peers can be installed. And how much a known
 * persona helps newcomers.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_EXCLUSIONS, PERSONA_SIGNALS } from '../../../server/domain/index.js';
import type { Dataset } from '../../../server/features/index.js';
import { FEATURE_NAMES } from '../../../server/features/index.js';
import type { HoldOut, PersonaModel } from '../../../server/learning/index.js';
import {
  bootstrapMean,
  componentCount,
  nearestCentroids,
  transform,
  unpackPersonas,
  unpackRecommender,
} from '../../../server/learning/index.js';
import { MIN_HELD_OUT, evaluateVersion, holdOutForTable } from '../../../server/services/training/index.js';
import { runTrainingTask } from '../../../server/training/training-task.js';
import type { Figure, Measured } from '../report.js';

import { benchNewcomers } from './newcomers.js';
import { preparePeers, runPeer } from './peers.js';
import { syntheticData } from './synthetic.js';

const PEERS = ['lightfm', 'als', 'ease', 'sasrec'] as const;
const LIST_LENGTH = 10;
const SEED = 1;

export async function benchTable(nUsers: number): Promise<Figure[]> {
  const { dataset, content, truth } = syntheticData(nUsers);
  const exclude = DEFAULT_EXCLUSIONS;
  const result = runTrainingTask({
    ...{ dataset, content, featureNames: FEATURE_NAMES, active: null, seed: SEED },
    exclude: new Set(exclude),
  });
  const personas = unpackPersonas(result.packedPersonas);
  const serving = { version: 1, personas, recommender: unpackRecommender(result.packedRecommender) };
  const report = evaluateVersion({ serving, dataset, content, truth, seed: SEED, exclude });
  const figures = [...report.protocol, report.sample[0]].flatMap((group, place): Figure[] => {
    const label = place === report.protocol.length ? `${group.nJudged} of them` : group.label;
    const { metrics, ceiling, oracle } = group;
    if (metrics === null || ceiling === null || oracle === null) return [];
    return (['precision@5', 'recall@10'] as const).flatMap((name) => [
      { what: `${label} (${group.nJudged}): ${name}`, ...measured(metrics[name]), unit: '' },
      { what: `${label}: ceiling`, ...measured(ceiling.metrics[name]), unit: '' },
      { what: `${label}: share of the ceiling`, ...measured(ceiling.ratio[name]), unit: '', goal: '>= .95' },
      { what: `${label}: oracle`, ...measured(oracle[name]), unit: '' },
    ]);
  });
  const held = holdOutForTable(dataset, SEED);
  const labels = personasOf(personas, dataset);
  return [
    ...figures,
    ...(await benchPeers(held, dataset, { personas, labels })),
    ...benchNewcomers(dataset, { content, personas, labels }),
  ];
}

async function benchPeers(
  { train, test }: HoldOut,
  { nUsers, nItems }: Dataset,
  { personas, labels }: { personas: PersonaModel; labels: Int32Array },
): Promise<Figure[]> {
  if (!(await preparePeers())) return [];
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  try {
    const figures: Figure[] = [];
    const path = join(folder, 'pairs.i32');
    await writeFile(path, pairsInOrder(train));
    for (const name of PEERS) {
      const out = join(folder, `${name}.i32`);
      if ((await runPeer('lists', path, nUsers, nItems, out, name)) === null) continue;
      const lists = new Int32Array(new Uint8Array(await readFile(out)).buffer);
      const groups = [{ label: 'Everyone', persona: -1 }].concat(
        personas.personas.map(({ label }, persona) => ({ label, persona })),
      );
      for (const { label, persona } of groups) {
        const [precisions, recalls]: [number[], number[]] = [[], []];
        for (let user = 0; user < nUsers; user++) {
          const relevant = new Set(test.indices.subarray(test.indptr[user], test.indptr[user + 1]));
          if (relevant.size < MIN_HELD_OUT || (persona >= 0 && labels[user] !== persona)) continue;
          const list = Array.from(lists.subarray(user * LIST_LENGTH, (user + 1) * LIST_LENGTH));
          precisions.push(list.slice(0, 5).filter((item) => relevant.has(item)).length / 5);
          recalls.push(list.filter((item) => relevant.has(item)).length / relevant.size);
        }
        const mean = (values: number[]) => bootstrapMean(Float64Array.from(values), { seed: SEED });
        figures.push(
          { what: `${label}: precision@5 of ${name}`, ...measured(mean(precisions)), unit: '' },
          { what: `${label}: recall@10 of ${name}`, ...measured(mean(recalls)), unit: '' },
        );
      }
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Little-endian int32 pairs of user and item, by user and then by time; without dislikes. */
function pairsInOrder({ indptr, indices, opinion, at }: HoldOut['train']): Buffer {
  const pairs: number[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    const own = Array.from({ length: indptr[user + 1] - indptr[user] }, (_, k) => indptr[user] + k);
    own.sort((p, q) => (at?.[p] ?? 0) - (at?.[q] ?? 0));
    for (const entry of own) if (opinion[entry] >= 0) pairs.push(user, indices[entry]);
  }
  return Buffer.from(Int32Array.from(pairs).buffer);
}

/** Int32Array [nUsers], -1 without a persona. */
function personasOf(personas: PersonaModel, { features, nSignals }: Dataset): Int32Array {
  const points = transform(personas.preprocessing, features);
  const nearest = nearestCentroids(points, componentCount(personas.preprocessing), personas.centroids);
  return nearest.map((persona, user) => (nSignals[user] >= PERSONA_SIGNALS ? persona : -1));
}

function measured({ value, low, high }: Required<Measured>): Measured {
  return { value, low, high };
}

/**
 * Training on Spark, in two executor processes on this machine: the model of a training in one process, in a version that
 * is activated. Skipped where Java or PySpark cannot be had.
 */

import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { createContainer } from '../../server/app/container.js';
import { cacheFolder } from '../../server/database/index.js';
import type { SparkOptions } from '../../server/spark/index.js';
import { createSparkStarter } from '../../server/spark/index.js';
import { obtainPySpark, requireJava } from '../../server/spark/requirements.js';
import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import type { TrainingResult } from '../../server/training/index.js';
import type { Trainer } from '../../server/workers/index.js';
import { createThreadTrainer } from '../../server/workers/index.js';
import { freshDatabase } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';

const N_USERS = 150;
/** Items compared with all items. */
const N_COMPARED = 100;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
// Machine code of the first compiler is fast enough for a small data set, and much cheaper to make.
const ENVIRONMENT = { ...process.env, JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' };

let folder: string;
let uri: string;
let store: Store;
let notes: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-spark-'));
  uri = freshDatabase(inject('mongoUri'));
  store = await createMongoStore({ uri });
  notes = [];
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A reason not to run Spark here; null for none. */
async function missingHere(): Promise<string | null> {
  const places = { cacheDir: cacheFolder(process.env), dataDir: tmpdir() };
  try {
    await requireJava(process.env);
    await obtainPySpark(places, (message) => process.stderr.write(`${message}\n`));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function startSpark(changes: Partial<SparkOptions> = {}) {
  return createSparkStarter({
    ...{ master: 'local-cluster[2,1,1024]', mongodbUri: uri, readsDatabase: false, dataDir: folder },
    ...{ cacheDir: cacheFolder(process.env), env: ENVIRONMENT },
    onProgress: (message) => void notes.push(message),
    ...changes,
  });
}

async function startInstance(trainer: Trainer) {
  const container = createContainer({
    ...{ store, trainer, log },
    pseudonymize: (rawId) => Buffer.from(rawId).toString('hex').padStart(64, '0'),
  });
  await container.start();
  await container.synthesis.run({ nUsers: N_USERS, truthPath: join(folder, 'truth.jsonl') });
  return container;
}

/**
 * Products of embeddings of items, and of personas and items: the factors up to a rotation, which changes no score. The
 * directions of nearly equal eigenvalues turn with any rounding.
 */
function productsOf({
  itemEmbeddings,
  personaPriors,
  ridge,
}: TrainingResult['packedRecommender']['arrays']): Float64Array {
  const d = ridge.length;
  const rows = Float64Array.of(...personaPriors, ...itemEmbeddings.subarray(0, N_COMPARED * d));
  const nItems = itemEmbeddings.length / d;
  return Float64Array.from({ length: (rows.length / d) * nItems }, (_, at) => {
    const [row, item] = [Math.floor(at / nItems) * d, (at % nItems) * d];
    let product = 0;
    for (let f = 0; f < d; f++) product += rows[row + f] * itemEmbeddings[item + f];
    return product;
  });
}

/** Ids of processes whose working folder is in the test's folder. */
function processesHere(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      // It has ended, or is somebody else's.
      return false;
    }
  });
}

const missing = await missingHere();

describe.skipIf(missing !== null)(
  `training on Spark${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('gives the factors of a training in one process, in a version that is activated', async () => {
      const local = createThreadTrainer();
      const spark = createThreadTrainer({ startCluster: startSpark() });
      const results: TrainingResult[] = [];
      const container = await startInstance({
        measureDrift: (...parameters) => local.measureDrift(...parameters),
        packItemSide: (side) => local.packItemSide(side),
        async train(input, options) {
          for (const trainer of [local, spark]) results.push(await trainer.train(input, options));
          return results[1];
        },
      });
      expect(await container.services.training.run('admin')).toMatchObject({
        state: 'succeeded',
        modelVersion: 1,
      });
      expect(container.services.models.activeVersion()).toBe(1);
      const [expected, found] = results.map(({ packedRecommender }) => productsOf(packedRecommender.arrays));
      expect(found).toHaveLength(expected.length);
      const differences = expected.map((value, at) => Math.abs(value - found[at]));
      expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-4);
      expect(expected.reduce((a, b) => Math.max(a, b))).toBeGreaterThan(0.1);
      const [before, after] = results.map(({ metrics }) => metrics);
      for (const name of ['ndcg@10', 'auc'] as const) {
        expect(after[name].value).toBeGreaterThanOrEqual(before[name].low);
        expect(after[name].value).toBeLessThanOrEqual(before[name].high);
      }
      // So few users have hardly a hit among ten, so that it is this one that tells a fit from none.
      expect(after.auc.value).toBeGreaterThan(0.55);
      expect(notes).toContain('Reading the profiles');
      expect(processesHere()).toEqual([]);
      await container.stop();
      // Below a minute on an idle machine, and far longer on a busy one.
    }, 600_000);

    it.skipIf(!existsSync('/proc/self/cwd'))(
      'ends the processes of a cancelled run (skipped without /proc)',
      async () => {
        const container = await startInstance(createThreadTrainer({ startCluster: startSpark() }));
        const { training } = container.services;
        const { runId } = await training.start('admin');
        // Python and the JVM.
        await waitFor(() => processesHere().length > 1, 'Spark starts', 60_000);
        expect(await training.cancel(runId)).toBe(true);
        expect((await training.runs(1))[0]).toMatchObject({ state: 'cancelled', modelVersion: null });
        await waitFor(() => processesHere().length === 0, 'Spark ends', 30_000);
        await container.stop();
      },
      120_000,
    );
  },
);

it('says what to install if there is no Java', async () => {
  const start = startSpark({ env: { PATH: folder } });
  const ids = { userIds: ['a'], itemIds: ['b'] };
  await expect(start(ids, new AbortController().signal)).rejects.toThrow(
    /Java 17 or later.*none on PATH.*openjdk-17.*SMARTPERSONA_TRAINER=local/,
  );
});

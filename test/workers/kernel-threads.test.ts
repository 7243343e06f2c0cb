import { afterEach, describe, expect, it } from 'vitest';

import type { KernelBinary, KernelThreads } from '../../server/learning/index.js';
import {
  createKernels,
  createRandom,
  evaluate,
  fitPersonas,
  fitRecommender,
  holdOut,
} from '../../server/learning/index.js';
import { createKernelThreads } from '../../server/workers/kernel-threads.js';

const [N_USERS, N_ITEMS] = [5_000, 1_600];
const HYPER_PARAMETERS = { nComponents: 16, nNeighbours: 20, nSweeps: 2 };

/** Users who like items of one of ten groups; items of a group share a feature. */
function input({ nUsers, nItems } = { nUsers: N_USERS, nItems: N_ITEMS }) {
  const random = createRandom(11);
  const indptr = new Int32Array(nUsers + 1);
  const indices: number[] = [];
  for (let user = 0; user < nUsers; user++) {
    const chosen = new Set(Array.from({ length: 12 }, () => 10 * random.int(nItems / 10) + (user % 10)));
    indices.push(...[...chosen].sort((a, b) => a - b));
    indptr[user + 1] = indices.length;
  }
  const n = indices.length;
  return {
    interactions: {
      ...{ indptr, indices: Int32Array.from(indices), strength: new Float32Array(n).fill(1) },
      opinion: Int8Array.from(indices, () => (random.next() < 0.1 ? -1 : 1)),
      ...{ purchased: new Uint8Array(n), rated: new Uint8Array(n) },
    },
    nItems,
    itemFeatures: {
      indptr: Int32Array.from({ length: nItems + 1 }, (_, item) => item),
      indices: Int32Array.from({ length: nItems }, (_, item) => item % 10),
      ...{ values: new Float32Array(nItems).fill(1), nFeatures: 10 },
    },
    ...{ userPersona: new Int32Array(nUsers).fill(-1), nPersonas: 0 },
  };
}

/** The compiled kernels with a fresh memory. */
function kernelBinary(): KernelBinary {
  let found: KernelBinary | undefined;
  const attach: KernelThreads['attach'] = (binary) => {
    found = binary;
    return () => undefined;
  };
  createKernels({ backend: 'webassembly', threads: { count: 1, attach, runParts: () => undefined } });
  return found!;
}

/** Records the kernels whose calls are shared between threads. */
function counting(threads: KernelThreads): { threads: KernelThreads; shared: Set<string> } {
  const shared = new Set<string>();
  const attach: KernelThreads['attach'] = (binary, exports) => {
    const run = threads.attach(binary, exports);
    return (kernel, calls, own) => {
      if (calls.length > 1) shared.add(kernel);
      run(kernel, calls, own);
    };
  };
  const runParts: KernelThreads['runParts'] = (task, work, nParts, onProgress) => {
    if (nParts > 1) shared.add(task);
    threads.runParts(task, work, nParts, onProgress);
  };
  return { threads: { ...threads, attach, runParts }, shared };
}

describe('kernel threads', () => {
  const opened: { close(): void }[] = [];
  const open = (count: number) => {
    const threads = createKernelThreads(count);
    opened.push(threads);
    return threads;
  };
  afterEach(() => opened.splice(0).forEach((threads) => threads.close()));

  it('fit the same bytes as a thread alone, whatever their number', () => {
    const alone = fitRecommender(input(), { seed: 1, hyperParameters: HYPER_PARAMETERS });
    for (const count of [1, 2, 3]) {
      const { threads, shared } = counting(open(count));
      const model = fitRecommender(input(), { seed: 1, hyperParameters: HYPER_PARAMETERS, threads });
      expect(model.itemEmbeddings).toEqual(alone.itemEmbeddings);
      expect(model.personaPriors).toEqual(alone.personaPriors);
      expect(model.itemToItem).toEqual(alone.itemToItem);
      expect([...shared].sort()).toEqual([
        'gatherNeighbourGrams',
        'nearestColumns',
        'solveNeighbourGrams',
        'solveRows',
      ]);
    }
  });

  it('search and judge with the same result as a thread alone', () => {
    const nItems = 100;
    const { interactions, ...rest } = input({ nUsers: 200, nItems });
    const times = Float64Array.from(
      interactions.indices,
      (item, p) => 1e12 + ((item * 13 + p * 7) % 30) * 864e5,
    );
    const { train, test } = holdOut({ ...interactions, at: times }, { seed: 1 });
    const fitAndJudge = (threads?: KernelThreads) => {
      const model = fitRecommender(
        { ...rest, interactions: train },
        { seed: 1, hyperParameters: HYPER_PARAMETERS, search: { maxFits: 2 }, threads },
      );
      const scoresOf = { model, train, personas: rest.userPersona };
      const judged = evaluate({ scoresOf, nItems, seen: train, test }, { seed: 1, threads });
      return { hyperParameters: model.hyperParameters, judged };
    };
    const { threads, shared } = counting(open(2));
    expect(fitAndJudge(threads)).toEqual(fitAndJudge());
    for (const task of ['audience', 'judge', 'measure', 'score']) expect(shared).toContain(task);
  });

  it('fit the same personas as a thread alone', () => {
    const random = createRandom(2);
    const features = Float64Array.from({ length: 3_000 * 4 }, (_, at) => (at % 3) * 2 + random.normal());
    const options = { names: ['a', 'b', 'c', 'd'], seed: 1, nInit: 2 };
    const { threads, shared } = counting(open(2));
    expect(fitPersonas(features, { ...options, threads })).toEqual(fitPersonas(features, options));
    expect([...shared].sort()).toEqual(['kmeans', 'silhouettes']);
  });

  it('report the failure of a task', () => {
    expect(() => open(2).runParts('nothing', {}, 2)).toThrow(/no task nothing/);
  });

  it('take calls from the calling thread once they have started', async () => {
    const calls = Array.from({ length: 40 }, () => [0]);
    const pause = new Int32Array(new SharedArrayBuffer(4));
    let here = 0;
    const run = open(2).attach(kernelBinary(), {
      cholesky: () => {
        Atomics.wait(pause, 0, 0, 2);
        return here++;
      },
    });
    let rounds = 0;
    while (here === rounds * calls.length) {
      run('cholesky', calls, [[0], [0]]);
      rounds++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(here).toBeLessThan(rounds * calls.length);
  });

  it('report the failure of a kernel', () => {
    const run = open(2).attach(kernelBinary(), {
      cholesky: () => {
        throw new RangeError('No such address.');
      },
    });
    expect(() => run('cholesky', [[0], [0]], [[0], [0]])).toThrow(/No such address/);
  });
});

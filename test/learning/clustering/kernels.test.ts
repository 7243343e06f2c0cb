import { describe, expect, it } from 'vitest';

import { toBlocks } from '../../../server/learning/clustering/blocks.js';
import { createKernels, type Kernels } from '../../../server/learning/kernels/index.js';
import { createRandom } from '../../../server/learning/index.js';

const N_POINTS = 103;
const N_BLOCKS = 26;

function run(backend: Kernels['backend'], d: number) {
  const kernels = createKernels({ backend });
  const { arena } = kernels;
  const random = createRandom(9);
  const blocks = toBlocks(
    arena,
    Float64Array.from({ length: N_POINTS * d }, () => random.normal()),
    d,
  );
  const centroids = arena.copyFloat32(Array.from({ length: 5 * d }, () => random.normal()));
  const labels = arena.int32(4 * N_BLOCKS);
  const nearest = arena.float32(4 * N_BLOCKS);
  kernels.assignPoints(blocks, N_BLOCKS, d, centroids, 5, labels, nearest);
  const point = arena.copyFloat32(Array.from({ length: d }, () => random.normal()));
  const shrunk = arena.float32(4 * N_BLOCKS);
  const total = kernels.shrinkNearest(blocks, N_BLOCKS, d, point, nearest, shrunk);
  const cellEnds = arena.copyInt32([3, 4, 20, 26]);
  const weights = arena.copyFloat32(Array.from({ length: 4 * N_BLOCKS }, (_, i) => (i < N_POINTS ? 1 : 0)));
  const out = arena.float32(4);
  kernels.sumDistances({ blocks, nComponents: d, point, cellEnds, weights, out });
  return {
    labels: Array.from(labels),
    nearest: Array.from(nearest),
    shrunk: Array.from(shrunk),
    total,
    out: Array.from(out),
  };
}

describe('the distance kernels', () => {
  it.each([1, 2, 3, 7, 10])('give the same bits in WebAssembly and in TypeScript with %i components', (d) => {
    expect(run('webassembly', d)).toEqual(run('typescript', d));
  });

  it('find the nearest centroid and its squared distance', () => {
    const kernels = createKernels({ backend: 'webassembly' });
    const blocks = toBlocks(kernels.arena, Float64Array.of(0, 0, 3, 4, 10, 0), 2);
    const centroids = kernels.arena.copyFloat32([0, 0, 10, 1, 0, 0]);
    const labels = kernels.arena.int32(4);
    const nearest = kernels.arena.float32(4);
    kernels.assignPoints(blocks, 1, 2, centroids, 3, labels, nearest);
    expect(Array.from(labels.subarray(0, 3))).toEqual([0, 0, 1]);
    expect(Array.from(nearest.subarray(0, 3))).toEqual([0, 25, 1]);
  });
});

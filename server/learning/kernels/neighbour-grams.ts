/**
 * Drives the WebAssembly passes over the columns' Gram matrix G = Y'Y + E E'. G is never stored: the first pass over
 * its rows finds the neighbours, further passes gather the small systems, a block of columns at a time so that memory
 * stays bounded.
 */
import { callsOf, perThread, runInBatches } from './crew.js';

import type { Arena } from './arena.js';
import type { Crew } from './crew.js';
import type { ColumnGram, NearestColumnsArguments, NeighbourRidgeArguments, Neighbours } from './types.js';

/** Columns per call, a multiple of four: short calls let the engine switch to optimised code early. */
const CALL_COLUMNS = 512;
const BLOCK_BYTES = 192 * 1024 * 1024;
/** Ensures that a rounded norm is not below the exact norm. */
const NORM_MARGIN = 1 + 1e-6;
/** Dense rows per panel. */
const PANEL = 8;
/** Values below count as zero, as in the kernel. */
const LEAST = 1e-30;

/** The nearest columns found by a thread: heaps [nColumns, nNeighbours], their sizes, and the minimum to enter them. */
interface Heaps {
  readonly values: Float32Array;
  readonly indices: Int32Array;
  readonly sizes: Int32Array;
  readonly least: Float32Array;
}

export function nearestColumns(
  crew: Crew,
  { gram, scale, cellStart, neighbours: out, onProgress }: NearestColumnsArguments,
): void {
  const { arena } = crew;
  const nColumns = out.sizes.length;
  const padded = Math.ceil(nColumns / PANEL) * PANEL;
  const mark = arena.mark();
  const paddedScale = arena.float32(padded);
  paddedScale.set(scale);
  const dense = arena.float32(padded * gram.nComponents);
  dense.set(gram.dense);
  const panels = inPanels(arena, dense, gram.nComponents);
  const norms = arena.float32(nColumns);
  for (let i = 0; i < nColumns; i++) norms[i] = NORM_MARGIN * lengthAt(gram.dense, i, gram.nComponents);
  const heaps = perThread(crew, () => createHeaps(arena, padded, out));
  const shared = [
    ...addresses(gram),
    dense.byteOffset,
    panels.byteOffset,
    gram.nComponents,
    padded * 4,
    paddedScale.byteOffset,
    out.nNeighbours,
    arena.copyInt32(cellStart).byteOffset,
    norms.byteOffset,
  ];
  const own = heaps.map(({ values, indices, sizes, least }) => [
    arena.copyInt32(gram.rowPtr).byteOffset,
    arena.int32(1).byteOffset,
    arena.float32(4 * padded).byteOffset,
    values.byteOffset,
    indices.byteOffset,
    sizes.byteOffset,
    least.byteOffset,
    arena.float32(nColumns).byteOffset,
    arena.int32(nColumns).byteOffset,
  ]);
  const calls = callsOf(0, nColumns, CALL_COLUMNS, () => shared);
  runInBatches(crew, { kernel: 'nearestColumns', calls, own }, onProgress);
  for (let j = 0; j < nColumns; j++) mergeHeaps(heaps, j, out);
  arena.release(mark);
}

function createHeaps(arena: Arena, padded: number, { indices, sizes }: Neighbours): Heaps {
  return {
    values: arena.float32(indices.length),
    indices: arena.int32(indices.length),
    sizes: arena.int32(sizes.length),
    least: arena.float32(padded).fill(LEAST),
  };
}

/** Writes column j's best entries of all heaps to `out`, ascending; ties go to the lower index. */
function mergeHeaps(heaps: readonly Heaps[], j: number, { nNeighbours, indices, sizes }: Neighbours): void {
  const first = j * nNeighbours;
  const found = heaps.flatMap((heap) =>
    Array.from({ length: heap.sizes[j] }, (_, p) => ({
      index: heap.indices[first + p],
      value: heap.values[first + p],
    })),
  );
  if (found.length > nNeighbours) found.sort((a, b) => b.value - a.value || a.index - b.index);
  sizes[j] = Math.min(found.length, nNeighbours);
  for (let p = 0; p < sizes[j]; p++) indices[first + p] = found[p].index;
  indices.subarray(first, first + sizes[j]).sort();
}

export function neighbourRidge(crew: Crew, args: NeighbourRidgeArguments): void {
  const { arena } = crew;
  const { nNeighbours, sizes, indices } = args.neighbours;
  const { nComponents, dense } = args.gram;
  const nColumns = sizes.length;
  const triangle = (nNeighbours * (nNeighbours + 1)) / 2;
  const block = Math.max(1, Math.min(nColumns, Math.floor(BLOCK_BYTES / 4 / Math.max(triangle, 1))));
  const side = Math.ceil(nNeighbours / 4) * 4;
  const mark = arena.mark();
  const own = perThread(crew, () => [
    arena.float32(side * nComponents).byteOffset,
    arena.float32(side * side).byteOffset,
    arena.float32(side).byteOffset,
  ]);
  const systems = { packed: arena.float32(block * triangle), rhs: arena.float32(block * nNeighbours) };
  const diagonal = sparseDiagonal(arena, args.gram, nColumns);
  const rows = perThread(crew, () => arena.float32(nColumns));
  const blockMark = arena.mark();
  for (let first = 0; first < nColumns; first += block) {
    const last = Math.min(first + block, nColumns);
    const report = (share: number) => args.onProgress?.((first + share * (last - first)) / nColumns);
    gather(crew, args, { first, last, rows, diagonal, ...systems, report: (share) => report(share / 2) });
    const calls = callsOf(first, last, CALL_COLUMNS, (from) => [
      nNeighbours,
      indices.byteOffset,
      sizes.byteOffset,
      args.ridge.byteOffset,
      dense.byteOffset,
      nComponents,
      args.weights.byteOffset,
      systems.packed.byteOffset + (from - first) * triangle * 4,
      systems.rhs.byteOffset + (from - first) * nNeighbours * 4,
    ]);
    runInBatches(crew, { kernel: 'solveNeighbourGrams', calls, own }, (share) => report(0.5 + share / 2));
    arena.release(blockMark);
  }
  arena.release(mark);
}

function lengthAt(rows: Float32Array, row: number, d: number): number {
  let square = 0;
  for (let f = row * d; f < (row + 1) * d; f++) square += rows[f] ** 2;
  return Math.sqrt(square);
}

interface Block {
  first: number;
  last: number;
  /** Scratch of each thread. */
  rows: readonly Float32Array[];
  diagonal: Float32Array;
  packed: Float32Array;
  rhs: Float32Array;
  report: (share: number) => void;
}

function gather(crew: Crew, { gram, neighbours }: NeighbourRidgeArguments, block: Block): void {
  const { arena } = crew;
  const { nNeighbours, indices, sizes } = neighbours;
  const who = invert(arena, neighbours, block.first, block.last);
  const shared = [
    ...addresses(gram),
    block.diagonal.byteOffset,
    block.first,
    block.last,
    nNeighbours,
    indices.byteOffset,
    sizes.byteOffset,
    who.ptr.byteOffset,
    who.column.byteOffset,
    who.position.byteOffset,
    block.packed.byteOffset,
    block.rhs.byteOffset,
  ];
  const own = block.rows.map((row) => [
    arena.copyInt32(gram.rowPtr).byteOffset,
    arena.int32(1).byteOffset,
    row.byteOffset,
  ]);
  const calls = callsOf(0, sizes.length, CALL_COLUMNS, () => shared);
  runInBatches(crew, { kernel: 'gatherNeighbourGrams', calls, own }, block.report);
}

/** For each column i, the columns j of [first, last) with i among their neighbours, and its position there. */
function invert(arena: Arena, { nNeighbours, indices, sizes }: Neighbours, first: number, last: number) {
  const ptr = arena.int32(sizes.length + 1);
  for (let j = first; j < last; j++) {
    for (let p = 0; p < sizes[j]; p++) ptr[indices[j * nNeighbours + p] + 1]++;
  }
  for (let i = 0; i < sizes.length; i++) ptr[i + 1] += ptr[i];
  const column = arena.int32(ptr[sizes.length]);
  const position = arena.int32(ptr[sizes.length]);
  const next = ptr.slice();
  for (let j = first; j < last; j++) {
    for (let p = 0; p < sizes[j]; p++) {
      const at = next[indices[j * nNeighbours + p]]++;
      column[at] = j;
      position[at] = p;
    }
  }
  return { ptr, column, position };
}

/** The diagonal of Y'Y. */
function sparseDiagonal(
  arena: Arena,
  { columnPtr, columnValues }: ColumnGram,
  nColumns: number,
): Float32Array {
  const diagonal = arena.float32(nColumns);
  for (let i = 0; i < nColumns; i++) {
    for (let p = columnPtr[i]; p < columnPtr[i + 1]; p++) diagonal[i] += columnValues[p] ** 2;
  }
  return diagonal;
}

/** [nRows, d] as [nRows / 8, d, 8]. */
function inPanels(arena: Arena, dense: Float32Array, d: number): Float32Array {
  const panels = arena.float32(dense.length);
  for (let r = 0; r < dense.length / d; r++) {
    const to = (r - (r % PANEL)) * d + (r % PANEL);
    for (let f = 0; f < d; f++) panels[to + f * PANEL] = dense[r * d + f];
  }
  return panels;
}

function addresses(gram: ColumnGram): number[] {
  return [
    gram.columnPtr.byteOffset,
    gram.columnRows.byteOffset,
    gram.columnValues.byteOffset,
    gram.rowPtr.byteOffset,
    gram.rowColumns.byteOffset,
    gram.rowValues.byteOffset,
  ];
}

/**
 * Drives the WebAssembly passes over the columns' Gram matrix G = Y'Y + E E'. G is never stored: the first pass over
 * its rows finds the neighbours, further passes gather the small systems, a block of columns at a time so that memory
 * stays bounded.
 */
import type { Arena } from './arena.js';
import type {
  ColumnGram,
  KernelExports,
  NearestColumnsArguments,
  NeighbourRidgeArguments,
  Neighbours,
} from './types.js';

/** Columns per call, a multiple of four: short calls let the engine switch to optimised code early. */
const CALL_COLUMNS = 512;
const BLOCK_BYTES = 192 * 1024 * 1024;
/** Ensures that a rounded norm is not below the exact norm. */
const NORM_MARGIN = 1 + 1e-6;
/** Dense rows per panel. */
const PANEL = 8;

export function nearestColumns(
  wasm: KernelExports,
  arena: Arena,
  { gram, scale, cellStart, neighbours: out, onProgress }: NearestColumnsArguments,
): void {
  const nColumns = out.sizes.length;
  const padded = Math.ceil(nColumns / PANEL) * PANEL;
  const mark = arena.mark();
  const cursor = arena.copyInt32(gram.rowPtr);
  const rows = arena.float32(4 * padded);
  const paddedScale = arena.float32(padded);
  paddedScale.set(scale);
  const dense = arena.float32(padded * gram.nComponents);
  dense.set(gram.dense);
  const panels = inPanels(arena, dense, gram.nComponents);
  const least = arena.float32(padded);
  const values = arena.float32(out.indices.length);
  const norms = arena.float32(nColumns);
  for (let i = 0; i < nColumns; i++) norms[i] = NORM_MARGIN * lengthAt(gram.dense, i, gram.nComponents);
  const starts = arena.copyInt32(cellStart);
  const far = arena.float32(nColumns);
  const touched = arena.int32(nColumns);
  out.sizes.fill(0);
  for (let from = 0; from < nColumns; from += CALL_COLUMNS) {
    wasm.nearestColumns(
      from,
      Math.min(from + CALL_COLUMNS, nColumns),
      ...addresses(gram),
      cursor.byteOffset,
      dense.byteOffset,
      panels.byteOffset,
      gram.nComponents,
      rows.byteOffset,
      padded * 4,
      paddedScale.byteOffset,
      out.nNeighbours,
      values.byteOffset,
      out.indices.byteOffset,
      out.sizes.byteOffset,
      least.byteOffset,
      starts.byteOffset,
      norms.byteOffset,
      far.byteOffset,
      touched.byteOffset,
    );
    onProgress?.(Math.min(1, (from + CALL_COLUMNS) / nColumns));
  }
  arena.release(mark);
  for (let j = 0; j < nColumns; j++) {
    out.indices.subarray(j * out.nNeighbours, j * out.nNeighbours + out.sizes[j]).sort();
  }
}

export function neighbourRidge(wasm: KernelExports, arena: Arena, args: NeighbourRidgeArguments): void {
  const { nNeighbours, sizes, indices } = args.neighbours;
  const { nComponents, dense } = args.gram;
  const nColumns = sizes.length;
  const triangle = (nNeighbours * (nNeighbours + 1)) / 2;
  const block = Math.max(1, Math.min(nColumns, Math.floor(BLOCK_BYTES / 4 / Math.max(triangle, 1))));
  const side = Math.ceil(nNeighbours / 4) * 4;
  const mark = arena.mark();
  const a = arena.float32(side * side);
  const x = arena.float32(side);
  const near = arena.float32(side * nComponents);
  const systems = { packed: arena.float32(block * triangle), rhs: arena.float32(block * nNeighbours) };
  const diagonal = sparseDiagonal(arena, args.gram, nColumns);
  const row = arena.float32(nColumns);
  const blockMark = arena.mark();
  for (let first = 0; first < nColumns; first += block) {
    const last = Math.min(first + block, nColumns);
    const report = (share: number) => args.onProgress?.((first + share * (last - first)) / nColumns);
    gather(wasm, arena, args, {
      first,
      last,
      row,
      diagonal,
      ...systems,
      report: (share) => report(share / 2),
    });
    for (let from = first; from < last; from += CALL_COLUMNS) {
      wasm.solveNeighbourGrams(
        from,
        Math.min(from + CALL_COLUMNS, last),
        nNeighbours,
        indices.byteOffset,
        sizes.byteOffset,
        args.ridge.byteOffset,
        dense.byteOffset,
        nComponents,
        near.byteOffset,
        systems.packed.byteOffset + (from - first) * triangle * 4,
        systems.rhs.byteOffset + (from - first) * nNeighbours * 4,
        a.byteOffset,
        x.byteOffset,
        args.weights.byteOffset,
      );
      report(0.5 + Math.min(0.5, (from + CALL_COLUMNS - first) / (2 * (last - first))));
    }
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
  row: Float32Array;
  diagonal: Float32Array;
  packed: Float32Array;
  rhs: Float32Array;
  report: (share: number) => void;
}

function gather(wasm: KernelExports, arena: Arena, args: NeighbourRidgeArguments, block: Block): void {
  const { nNeighbours, indices, sizes } = args.neighbours;
  const nColumns = sizes.length;
  const cursor = arena.copyInt32(args.gram.rowPtr);
  const who = invert(arena, args.neighbours, block.first, block.last);
  for (let from = 0; from < nColumns; from += CALL_COLUMNS) {
    wasm.gatherNeighbourGrams(
      from,
      Math.min(from + CALL_COLUMNS, nColumns),
      ...addresses(args.gram),
      cursor.byteOffset,
      block.row.byteOffset,
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
    );
    block.report(from / nColumns);
  }
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

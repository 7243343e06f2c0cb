// Sparse matrices in compressed rows: products with dense matrices, and the Gram matrix of the columns, row by row.
import { cholesky, choleskySolve, rowGram } from './dense';
import { axpy, dot } from './vector';

/** out [nRows, d] = sparse [nRows, ...] times dense [..., d]. */
export function sparseMultiply(
  nRows: i32,
  indptr: usize,
  indices: usize,
  values: usize,
  dense: usize,
  d: i32,
  out: usize,
): void {
  const stride = <usize>d << 2;
  for (let r = 0; r < nRows; r++) {
    const to = out + <usize>r * stride;
    memory.fill(to, 0, stride);
    const end = load<i32>(indptr + (<usize>r << 2), 4);
    for (let p = load<i32>(indptr + (<usize>r << 2)); p < end; p++) {
      const at = <usize>p << 2;
      axpy(to, load<f32>(values + at), dense + <usize>load<i32>(indices + at) * stride, d);
    }
  }
}

/**
 * Dots of four consecutive dense rows with rows start .. i + 3, into four rows `apart` bytes from each other. `panels`
 * holds the dense matrix in panels of eight rows, [ceil(n / 8), d, 8], so that eight products share every load;
 * `start` is a multiple of eight.
 */
function denseGramRows(
  i: i32,
  start: i32,
  dense: usize,
  panels: usize,
  d: i32,
  rows: usize,
  apart: usize,
): void {
  const stride = <usize>d << 2;
  const r0 = dense + <usize>i * stride;
  const r1 = r0 + stride;
  const r2 = r1 + stride;
  const r3 = r2 + stride;
  let panel = panels + <usize>start * stride;
  for (let k = start; k < i + 4; k += 8) {
    let s00 = f32x4.splat(0);
    let s01 = f32x4.splat(0);
    let s10 = f32x4.splat(0);
    let s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0);
    let s21 = f32x4.splat(0);
    let s30 = f32x4.splat(0);
    let s31 = f32x4.splat(0);
    for (let f: usize = 0; f < stride; f += 4) {
      const q0 = v128.load(panel);
      const q1 = v128.load(panel, 16);
      panel += 32;
      let v = v128.load32_splat(r0 + f);
      s00 = f32x4.add(s00, f32x4.mul(v, q0));
      s01 = f32x4.add(s01, f32x4.mul(v, q1));
      v = v128.load32_splat(r1 + f);
      s10 = f32x4.add(s10, f32x4.mul(v, q0));
      s11 = f32x4.add(s11, f32x4.mul(v, q1));
      v = v128.load32_splat(r2 + f);
      s20 = f32x4.add(s20, f32x4.mul(v, q0));
      s21 = f32x4.add(s21, f32x4.mul(v, q1));
      v = v128.load32_splat(r3 + f);
      s30 = f32x4.add(s30, f32x4.mul(v, q0));
      s31 = f32x4.add(s31, f32x4.mul(v, q1));
    }
    const to = rows + (<usize>k << 2);
    v128.store(to, s00);
    v128.store(to, s01, 16);
    v128.store(to + apart, s10);
    v128.store(to + apart, s11, 16);
    v128.store(to + 2 * apart, s20);
    v128.store(to + 2 * apart, s21, 16);
    v128.store(to + 3 * apart, s30);
    v128.store(to + 3 * apart, s31, 16);
  }
}

/**
 * row[k] += (Y'Y)[i, k] for all k < i. Called for i = 0, 1, 2, ... in turn: `cursor` holds, for each row of Y, the
 * end of its entries in columns before i, so that only half of the symmetric matrix is ever computed. Returns the
 * number of products.
 */
// @ts-ignore: decorator
@inline
function gramRowBefore(
  i: i32,
  columnPtr: usize,
  columnRows: usize,
  columnValues: usize,
  rowPtr: usize,
  rowColumns: usize,
  rowValues: usize,
  cursor: usize,
  row: usize,
): i32 {
  let products = 0;
  const end = load<i32>(columnPtr + (<usize>i << 2), 4);
  for (let p = load<i32>(columnPtr + (<usize>i << 2)); p < end; p++) {
    const r = <usize>load<i32>(columnRows + (<usize>p << 2)) << 2;
    const v = load<f32>(columnValues + (<usize>p << 2));
    const first = <usize>load<i32>(rowPtr + r) << 2;
    const last = <usize>load<i32>(cursor + r) << 2;
    for (let q = first; q < last; q += 4) {
      const to = row + (<usize>load<i32>(rowColumns + q) << 2);
      store<f32>(to, load<f32>(to) + v * load<f32>(rowValues + q));
    }
    products += <i32>((last - first) >> 2);
    store<i32>(cursor + r, load<i32>(cursor + r) + 1);
  }
  return products;
}

/**
 * The same, with the columns before `start` apart: their products go to `far`, which is zero before, and the columns
 * that have any to `touched`. Returns how many those are.
 */
// @ts-ignore: decorator
@inline
function splitGramRowBefore(
  i: i32,
  start: i32,
  columnPtr: usize,
  columnRows: usize,
  columnValues: usize,
  rowPtr: usize,
  rowColumns: usize,
  rowValues: usize,
  cursor: usize,
  row: usize,
  far: usize,
  touched: usize,
): i32 {
  let n = 0;
  const end = load<i32>(columnPtr + (<usize>i << 2), 4);
  for (let p = load<i32>(columnPtr + (<usize>i << 2)); p < end; p++) {
    const r = <usize>load<i32>(columnRows + (<usize>p << 2)) << 2;
    const v = load<f32>(columnValues + (<usize>p << 2));
    const last = <usize>load<i32>(cursor + r) << 2;
    let q = <usize>load<i32>(rowPtr + r) << 2;
    for (; q < last; q += 4) {
      const k = load<i32>(rowColumns + q);
      if (k >= start) break;
      const to = far + (<usize>k << 2);
      const before = load<f32>(to);
      if (before == 0) {
        store<i32>(touched + (<usize>n << 2), k);
        n++;
      }
      store<f32>(to, before + v * load<f32>(rowValues + q));
    }
    for (; q < last; q += 4) {
      const to = row + (<usize>load<i32>(rowColumns + q) << 2);
      store<f32>(to, load<f32>(to) + v * load<f32>(rowValues + q));
    }
    store<i32>(cursor + r, load<i32>(cursor + r) + 1);
  }
  return n;
}

/** Values below count as zero: the minimum to enter a heap that is not full. */
const LEAST: f32 = 1e-30;

/** Heap order: the lower value first, ties by the higher index. */
// @ts-ignore: decorator
@inline
function isWorse(value: f32, index: i32, other: f32, otherIndex: i32): bool {
  return value < other || (value == other && index > otherIndex);
}

/**
 * Pushes (value, index) on the heap of at most `capacity` entries, with the worst entry at its root, unless the heap is
 * full of better ones. Returns the minimum to enter it.
 */
function push(values: usize, indices: usize, size: usize, capacity: i32, value: f32, index: i32): f32 {
  let n = load<i32>(size);
  let at = 0;
  if (n < capacity) {
    at = n++;
    store<i32>(size, n);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const v = load<f32>(values + (<usize>parent << 2));
      const k = load<i32>(indices + (<usize>parent << 2));
      if (!isWorse(value, index, v, k)) break;
      store<f32>(values + (<usize>at << 2), v);
      store<i32>(indices + (<usize>at << 2), k);
      at = parent;
    }
  } else {
    if (isWorse(value, index, load<f32>(values), load<i32>(indices))) return load<f32>(values);
    for (;;) {
      let child = 2 * at + 1;
      if (child >= n) break;
      let v = load<f32>(values + (<usize>child << 2));
      let k = load<i32>(indices + (<usize>child << 2));
      if (child + 1 < n) {
        const other = load<f32>(values + (<usize>child << 2), 4);
        const otherIndex = load<i32>(indices + (<usize>child << 2), 4);
        if (isWorse(other, otherIndex, v, k)) {
          v = other;
          k = otherIndex;
          child++;
        }
      }
      if (!isWorse(v, k, value, index)) break;
      store<f32>(values + (<usize>at << 2), v);
      store<i32>(indices + (<usize>at << 2), k);
      at = child;
    }
  }
  store<f32>(values + (<usize>at << 2), value);
  store<i32>(indices + (<usize>at << 2), index);
  return n < capacity ? LEAST : load<f32>(values);
}

/**
 * For each column j the `capacity` columns i with the largest positive G[i, j] scale[i], G = Y'Y + E E' with E the
 * dense rows, among the columns of its own cell and the columns that share a row of Y with it (whose values are
 * positive). `cellStart` [nColumns] is the first column of a column's cell, a multiple of eight; `norms` are the
 * lengths of the dense rows. Ties go to the lower index. `from` is a multiple of four, and the dense
 * rows are padded to a multiple of eight. What follows `norms` belongs to the thread, whose calls come in ascending
 * order: `rows` is scratch for four rows `apart` bytes from each other; the heaps are [nColumns, capacity]; `sizes` and
 * `least` (the minimum to enter a heap) are [nColumns]; `far` (zero) and `touched` are scratch of [nColumns].
 */
export function nearestColumns(
  from: i32,
  to: i32,
  columnPtr: usize,
  columnRows: usize,
  columnValues: usize,
  rowPtr: usize,
  rowColumns: usize,
  rowValues: usize,
  dense: usize,
  panels: usize,
  d: i32,
  apart: usize,
  scale: usize,
  capacity: i32,
  cellStart: usize,
  norms: usize,
  cursor: usize,
  position: usize,
  rows: usize,
  heapValues: usize,
  heapIndices: usize,
  sizes: usize,
  least: usize,
  far: usize,
  touched: usize,
): void {
  passColumns(position, from, columnPtr, columnRows, cursor);
  const heap = <usize>capacity << 2;
  const stride = <usize>d << 2;
  for (let i = from; i < to; i++) {
    const start = load<i32>(cellStart + (<usize>i << 2));
    if ((i & 3) == 0) denseGramRows(i, start, dense, panels, d, rows, apart);
    const row = rows + <usize>(i & 3) * apart;
    const nFar = splitGramRowBefore(
      i,
      start,
      columnPtr,
      columnRows,
      columnValues,
      rowPtr,
      rowColumns,
      rowValues,
      cursor,
      row,
      far,
      touched,
    );
    const ib = <usize>i << 2;
    const own = load<f32>(scale + ib);
    const ownHeap = <usize>i * heap;
    let bar = load<f32>(least + ib);
    const norm = load<f32>(norms + ib);
    for (let t: usize = 0; t < <usize>nFar << 2; t += 4) {
      const m = load<i32>(touched + t);
      const mb = <usize>m << 2;
      let value = load<f32>(far + mb);
      store<f32>(far + mb, 0);
      const other = load<f32>(scale + mb);
      // The dense part is at most the product of the norms, which rules out most pairs.
      const most = value + norm * load<f32>(norms + mb);
      if (most * other < bar && most * own < load<f32>(least + mb)) continue;
      value += dot(dense + <usize>i * stride, dense + <usize>m * stride, d);
      const v = value * other;
      if (v >= bar) bar = push(heapValues + ownHeap, heapIndices + ownHeap, sizes + ib, capacity, v, m);
      const w = value * own;
      if (w >= load<f32>(least + mb)) {
        const at = <usize>m * heap;
        store<f32>(least + mb, push(heapValues + at, heapIndices + at, sizes + mb, capacity, w, i));
      }
    }
    for (let k = start; k < i; k += 4) {
      const kb = <usize>k << 2;
      const g = v128.load(row + kb);
      const mine = f32x4.ge(f32x4.mul(g, v128.load(scale + kb)), f32x4.splat(bar));
      const theirs = f32x4.ge(f32x4.mul(g, f32x4.splat(own)), v128.load(least + kb));
      if (!v128.any_true(v128.or(mine, theirs))) continue;
      const end = min<i32>(k + 4, i);
      for (let m = k; m < end; m++) {
        const mb = <usize>m << 2;
        const value = load<f32>(row + mb);
        const v = value * load<f32>(scale + mb);
        if (v >= bar) bar = push(heapValues + ownHeap, heapIndices + ownHeap, sizes + ib, capacity, v, m);
        const w = value * own;
        if (w >= load<f32>(least + mb)) {
          const at = <usize>m * heap;
          store<f32>(least + mb, push(heapValues + at, heapIndices + at, sizes + mb, capacity, w, i));
        }
      }
    }
    store<f32>(least + ib, bar);
  }
  store<i32>(position, to);
}

/**
 * Gathers, for the columns j in [first, last), the packed lower triangle of (Y'Y)[N_j, N_j] and the right-hand side
 * (Y'Y)[N_j, j]; the dense part is added when they are solved. `neighbours` [nColumns, capacity] ascends within a column and has `sizes` entries; `whoPtr`,
 * `whoColumn` and `whoPosition` list for each column i the places (j, position) where it is a neighbour. What
 * follows `rhs` belongs to the thread, whose calls come in ascending order: `row` is [nColumns], zero before and after.
 */
export function gatherNeighbourGrams(
  from: i32,
  to: i32,
  columnPtr: usize,
  columnRows: usize,
  columnValues: usize,
  rowPtr: usize,
  rowColumns: usize,
  rowValues: usize,
  diagonal: usize,
  first: i32,
  last: i32,
  capacity: i32,
  neighbours: usize,
  sizes: usize,
  whoPtr: usize,
  whoColumn: usize,
  whoPosition: usize,
  packed: usize,
  rhs: usize,
  cursor: usize,
  position: usize,
  row: usize,
): void {
  const triangle = <usize>((capacity * (capacity + 1)) >> 1);
  const list = <usize>capacity << 2;
  passColumns(position, from, columnPtr, columnRows, cursor);
  for (let i = from; i < to; i++) {
    const ib = <usize>i << 2;
    const end = load<i32>(whoPtr + ib, 4);
    if (end == load<i32>(whoPtr + ib) && (i < first || i >= last)) {
      passColumn(i, columnPtr, columnRows, cursor);
      continue;
    }
    const products = gramRowBefore(
      i,
      columnPtr,
      columnRows,
      columnValues,
      rowPtr,
      rowColumns,
      rowValues,
      cursor,
      row,
    );
    for (let p = load<i32>(whoPtr + ib); p < end; p++) {
      const j = load<i32>(whoColumn + (<usize>p << 2));
      const place = load<i32>(whoPosition + (<usize>p << 2));
      const block = <usize>(j - first);
      const near = neighbours + <usize>j * list;
      const to = packed + ((block * triangle + <usize>((place * (place + 1)) >> 1)) << 2);
      for (let b: usize = 0; b < <usize>place << 2; b += 4) {
        store<f32>(to + b, load<f32>(row + (<usize>load<i32>(near + b) << 2)));
      }
      store<f32>(to + (<usize>place << 2), load<f32>(diagonal + ib));
      if (j < i) store<f32>(rhs + block * list + (<usize>place << 2), load<f32>(row + (<usize>j << 2)));
    }
    if (i >= first && i < last) {
      const near = neighbours + <usize>i * list;
      const to = rhs + <usize>(i - first) * list;
      const n = <usize>load<i32>(sizes + ib) << 2;
      for (let b: usize = 0; b < n; b += 4) {
        const k = load<i32>(near + b);
        if (k < i) store<f32>(to + b, load<f32>(row + (<usize>k << 2)));
      }
    }
    if (products > i >> 2) memory.fill(row, 0, ib);
    else clearRow(i, columnPtr, columnRows, rowPtr, rowColumns, cursor, row);
  }
  store<i32>(position, to);
}

/** Advances the cursors from the column at `position` to column `to`. */
function passColumns(position: usize, to: i32, columnPtr: usize, columnRows: usize, cursor: usize): void {
  for (let i = load<i32>(position); i < to; i++) passColumn(i, columnPtr, columnRows, cursor);
}

/** Advances the cursors past column i without computing its products. */
function passColumn(i: i32, columnPtr: usize, columnRows: usize, cursor: usize): void {
  const end = load<i32>(columnPtr + (<usize>i << 2), 4);
  for (let p = load<i32>(columnPtr + (<usize>i << 2)); p < end; p++) {
    const r = <usize>load<i32>(columnRows + (<usize>p << 2)) << 2;
    store<i32>(cursor + r, load<i32>(cursor + r) + 1);
  }
}

/** Zeroes the entries `gramRowBefore` wrote for column i: less work than the whole row if products are few. */
function clearRow(
  i: i32,
  columnPtr: usize,
  columnRows: usize,
  rowPtr: usize,
  rowColumns: usize,
  cursor: usize,
  row: usize,
): void {
  const end = load<i32>(columnPtr + (<usize>i << 2), 4);
  for (let p = load<i32>(columnPtr + (<usize>i << 2)); p < end; p++) {
    const r = <usize>load<i32>(columnRows + (<usize>p << 2)) << 2;
    const last = <usize>load<i32>(cursor + r) << 2;
    for (let q = <usize>load<i32>(rowPtr + r) << 2; q < last; q += 4) {
      store<f32>(row + (<usize>load<i32>(rowColumns + q) << 2), 0);
    }
  }
}

/**
 * Solves the systems gathered above, with the dense rows' own Gram matrix added and ridge[i] on the diagonal, into
 * weights [nColumns, capacity]. What follows `rhs`
 * is scratch of the thread: `near` for the neighbours' dense rows, [capacity rounded up, d].
 */
export function solveNeighbourGrams(
  first: i32,
  last: i32,
  capacity: i32,
  neighbours: usize,
  sizes: usize,
  ridge: usize,
  dense: usize,
  d: i32,
  weights: usize,
  packed: usize,
  rhs: usize,
  near: usize,
  a: usize,
  x: usize,
): void {
  const triangle = <usize>((capacity * (capacity + 1)) >> 1);
  const list = <usize>capacity << 2;
  const stride = <usize>d << 2;
  for (let j = first; j < last; j++) {
    const n = load<i32>(sizes + (<usize>j << 2));
    const padded = (n + 3) & ~3;
    const own = neighbours + <usize>j * list;
    for (let r = 0; r < n; r++) {
      memory.copy(near + <usize>r * stride, dense + <usize>load<i32>(own + (<usize>r << 2)) * stride, stride);
    }
    memory.fill(near + <usize>n * stride, 0, <usize>(padded - n) * stride);
    rowGram(near, padded, d, a);
    memory.copy(x, rhs + <usize>(j - first) * list, <usize>n << 2);
    let from = packed + ((<usize>(j - first) * triangle) << 2);
    for (let r = 0; r < padded; r++) {
      const to = a + ((<usize>r * <usize>padded) << 2);
      const diagonal = to + (<usize>r << 2);
      const at = x + (<usize>r << 2);
      if (r >= n) {
        store<f32>(diagonal, 1);
        store<f32>(at, 0);
        continue;
      }
      for (let c: usize = 0; c <= <usize>r << 2; c += 4) {
        store<f32>(to + c, load<f32>(to + c) + load<f32>(from));
        from += 4;
      }
      store<f32>(diagonal, load<f32>(diagonal) + load<f32>(ridge + (<usize>load<i32>(own + (<usize>r << 2)) << 2)));
      store<f32>(at, load<f32>(at) + dot(near + <usize>r * stride, dense + <usize>j * stride, d));
    }
    cholesky(a, padded);
    choleskySolve(a, padded, x);
    memory.copy(weights + <usize>j * list, x, <usize>n << 2);
  }
}

/**
 * Splits the catalogue into cells of items with similar embeddings, so that quadratic costs are quadratic in the cell
 * size only. Cells are halved at the median along the direction of largest variance until every cell is small enough.
 * Deterministic; ties by index.
 */

interface ItemCells {
  /** Int32Array [nItems]: items in cell order. */
  readonly order: Int32Array;
  /** Int32Array [nItems]: for each place in `order`, the first place of its cell, a multiple of eight. */
  readonly cellStart: Int32Array;
}

/** Sample size for the direction of a cell. */
const SAMPLE_ROWS = 4096;
const POWER_STEPS = 12;

/** `embeddings` is Float32Array, row-major [nItems, d]; a cell has `maxItems` items at most, a multiple of eight. */
export function splitIntoCells(embeddings: Float32Array, nItems: number, maxItems: number): ItemCells {
  const d = embeddings.length / nItems;
  const order = Int32Array.from({ length: nItems }, (_, item) => item);
  const cellStart = new Int32Array(nItems);
  const places = new Float32Array(nItems);
  const halve = (from: number, to: number): void => {
    if (to - from <= maxItems) {
      cellStart.fill(from, from, to);
      return;
    }
    const cell = order.subarray(from, to);
    const direction = widestDirection(embeddings, d, cell);
    for (const item of cell) {
      let place = 0;
      for (let f = 0; f < d; f++) place += direction[f] * embeddings[item * d + f];
      places[item] = place;
    }
    cell.sort((a, b) => places[a] - places[b] || a - b);
    const middle = from + Math.ceil((to - from) / 16) * 8;
    halve(from, middle);
    halve(middle, to);
  };
  halve(0, nItems);
  return { order, cellStart };
}

/** The first principal direction of these rows, Float64Array [d], by power iteration on a sample of them. */
function widestDirection(embeddings: Float32Array, d: number, items: Int32Array): Float64Array {
  const stride = Math.ceil(items.length / SAMPLE_ROWS);
  const sample = Int32Array.from({ length: Math.floor(items.length / stride) }, (_, k) => items[k * stride]);
  const mean = new Float64Array(d);
  for (const item of sample) for (let f = 0; f < d; f++) mean[f] += embeddings[item * d + f] / sample.length;
  let direction = Float64Array.from({ length: d }, (_, f) => 1 / (1 + f));
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = new Float64Array(d);
    for (const item of sample) {
      let along = 0;
      for (let f = 0; f < d; f++) along += direction[f] * (embeddings[item * d + f] - mean[f]);
      for (let f = 0; f < d; f++) next[f] += along * (embeddings[item * d + f] - mean[f]);
    }
    const length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) return direction;
    direction = next.map((value) => value / length);
  }
  return direction;
}

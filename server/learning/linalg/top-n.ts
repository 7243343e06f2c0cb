/** Selects the n highest scores, in O(nItems + kept log n). */

/** Int32Array [<= n] of indices accepted by `isAllowed`, best score first, ties by lower index. */
export function topN(
  scores: Float32Array,
  n: number,
  isAllowed: (index: number) => boolean = () => true,
): Int32Array {
  const capacity = Math.max(0, Math.min(n, scores.length));
  const heap = new Int32Array(capacity);
  if (capacity === 0) return heap;
  let size = 0;
  let index = 0;
  for (; index < scores.length && size < capacity; index++) if (isAllowed(index)) heap[size++] = index;
  for (let at = (size >> 1) - 1; at >= 0; at--) siftDown(heap, size, scores, at, heap[at]);
  // The worst kept score is on top. Indices rise, so an equal score never displaces a kept index.
  let bar = size < capacity ? Infinity : scores[heap[0]];
  for (; index < scores.length; index++) {
    if (scores[index] <= bar || !isAllowed(index)) continue;
    siftDown(heap, size, scores, 0, index);
    bar = scores[heap[0]];
  }
  for (let last = size - 1; last > 0; last--) {
    const displaced = heap[last];
    heap[last] = heap[0];
    siftDown(heap, last, scores, 0, displaced);
  }
  return heap.subarray(0, size);
}

/** Heap order: lower score first, ties by higher index. */
function isWorse(scores: Float32Array, a: number, b: number): boolean {
  return scores[a] < scores[b] || (scores[a] === scores[b] && a > b);
}

/** Replaces the entry at `at` by `index` and moves it down to its place. */
function siftDown(heap: Int32Array, size: number, scores: Float32Array, at: number, index: number): void {
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && isWorse(scores, heap[child + 1], heap[child])) child++;
    if (!isWorse(scores, heap[child], index)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = index;
}

/** The n best of many scores, in O(nItems + kept log n). */

/** Int32Array [<= n] of indices, best score first, ties by lower index; only those that `isAllowed` lets through. */
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
  const first = heap.subarray(0, size).sort((a, b) => (isWorse(scores, a, b) ? -1 : 1));
  // Sorted worst first, it is a heap already. Indices rise, so an equal score never displaces what is kept.
  let bar = size < capacity ? Infinity : scores[heap[0]];
  for (; index < scores.length; index++) {
    if (scores[index] <= bar || !isAllowed(index)) continue;
    replaceWorst(heap, scores, index);
    bar = scores[heap[0]];
  }
  return first.sort((a, b) => (isWorse(scores, a, b) ? 1 : -1));
}

/** The order of the heap: by score, then the higher index goes first. */
function isWorse(scores: Float32Array, a: number, b: number): boolean {
  return scores[a] < scores[b] || (scores[a] === scores[b] && a > b);
}

function replaceWorst(heap: Int32Array, scores: Float32Array, index: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isWorse(scores, heap[child + 1], heap[child])) child++;
    if (!isWorse(scores, heap[child], index)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = index;
}

/**
 * The best items of a user without the scores of all: in large catalogues reading every embedding takes most of the
 * time. A pass over the embeddings in eight bits gives an upper bound of every score; only the items whose bound reaches
 * the score of an item that is surely in the list are scored exactly. The list is the same as that of `scoreAll`.
 */
import { topN } from '../linalg/index.js';
import { neighboursOf, popularityWeights, scoreAll, scoreItems, tasteOf } from './scores.js';
import { workspaceOf } from './workspace.js';

import type { CodedRows } from '../kernels/index.js';
import type { UserState } from './fold-in.js';
import type { RecommenderModel } from './model.js';

/** `scores` are those of `items`. */
export interface ScoredItems {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** What the pass reads, in kernel memory. */
interface Screen {
  readonly coded: CodedRows;
  /** Float32Array [nRows] each: popularity, shares, recent popularity. */
  readonly columns: readonly [Float32Array, Float32Array, Float32Array];
  /** Largest norm of an embedding. */
  readonly largestNorm: number;
  /** The most popular items: with the neighbours of the history, the likely best. */
  readonly popular: Int32Array;
  /** Int32Array [nRows], scratch: the rows found. */
  readonly found: Int32Array;
}

/** Smaller catalogues are scored in full, which takes less than a millisecond. */
const SCREENED_FROM = 20_000;
const N_POPULAR = 1_000;
/** Share of the catalogue beyond which scoring what the pass finds is slower than scoring all. */
const MAX_FOUND = 1 / 8;
/** Largest code of the vector, in sixteen bits. */
const LARGEST = 32_767;
/** Share of the norms' product that float32 sums may be off. */
const ROUNDING = 1e-5;

const screens = new WeakMap<RecommenderModel, Screen>();

/** The n best items that `isAllowed` accepts, or all of these if they are fewer, best first; ties by lower index. */
export function bestItems(
  model: RecommenderModel,
  state: UserState,
  n: number,
  isAllowed: (itemIndex: number) => boolean = () => true,
): ScoredItems {
  if (model.nItems >= SCREENED_FROM && n > 0) {
    const { popular } = screenOf(model);
    const likely = neighboursOf(model, state, popular).filter(isAllowed);
    // Fewer than n of them set no bar, such as under a narrow filter.
    if (likely.length >= n) {
      const scores = scoreItems(model, state, likely);
      const bar = scores[topN(scores, n).at(-1)!];
      const found = scoredFrom(model, state, bar, { items: likely, scores });
      if (found !== null) return best(found, n, isAllowed);
    }
  }
  const scores = scoreAll(model, state);
  const items = topN(scores, n, isAllowed);
  return { items, scores: Float32Array.from(items, (item) => scores[item]) };
}

/** The items whose score is that of `itemIndex` or higher, in any order. */
export function itemsFrom(model: RecommenderModel, state: UserState, itemIndex: number): ScoredItems {
  if (model.nItems >= SCREENED_FROM) {
    const likely = neighboursOf(model, state, [itemIndex]);
    const scores = scoreItems(model, state, likely);
    const found = scoredFrom(model, state, scores[likely.indexOf(itemIndex)], { items: likely, scores });
    if (found !== null) return found;
  }
  const { allItems } = workspaceOf(model);
  const scores = scoreAll(model, state);
  return atLeast({ items: allItems, scores }, scores[itemIndex]);
}

/**
 * The items with a score from `bar` on; `likely` holds all neighbours of the history that matter. Null if the pass finds
 * so many that scoring all is faster.
 */
function scoredFrom(
  model: RecommenderModel,
  state: UserState,
  bar: number,
  likely: ScoredItems,
): ScoredItems | null {
  const { isMarked } = workspaceOf(model);
  for (const item of likely.items) isMarked[item] = 1;
  const found = rowsFrom(model, state, bar).filter((item) => isMarked[item] === 0);
  for (const item of likely.items) isMarked[item] = 0;
  if (found.length > MAX_FOUND * model.nItems) return null;
  const others = { items: found, scores: scoreItems(model, state, found) };
  return joined(atLeast(likely, bar), atLeast(others, bar));
}

function joined(a: ScoredItems, b: ScoredItems): ScoredItems {
  const items = new Int32Array(a.items.length + b.items.length);
  const scores = new Float32Array(items.length);
  items.set(a.items);
  items.set(b.items, a.items.length);
  scores.set(a.scores);
  scores.set(b.scores, a.items.length);
  return { items, scores };
}

function atLeast({ items, scores }: ScoredItems, bar: number): ScoredItems {
  return {
    items: items.filter((_, k) => scores[k] >= bar),
    scores: scores.filter((score) => score >= bar),
  };
}

function best({ items, scores }: ScoredItems, n: number, isAllowed: (item: number) => boolean): ScoredItems {
  const order = Array.from(items.keys())
    .filter((k) => isAllowed(items[k]))
    .sort((a, b) => scores[b] - scores[a] || items[a] - items[b])
    .slice(0, n);
  return {
    items: Int32Array.from(order, (k) => items[k]),
    scores: Float32Array.from(order, (k) => scores[k]),
  };
}

/** All items that may have a score from `bar` on, but for what single entries of the history add to it. */
function rowsFrom(model: RecommenderModel, state: UserState, bar: number): Int32Array {
  const { coded, columns, largestNorm, found } = screenOf(model);
  const { kernels } = workspaceOf(model);
  const taste = tasteOf(model, state);
  const norm = Math.hypot(...taste);
  const vectorScale = taste.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / LARGEST;
  const mark = kernels.arena.mark();
  const vector = kernels.arena.int16(taste.length);
  taste.forEach((x, f) => (vector[f] = vectorScale > 0 ? Math.round(x / vectorScale) : 0));
  const codeError = largestNorm * (vectorScale / 2) * Math.sqrt(taste.length);
  const weights = popularityWeights(model, state);
  const nFound = kernels.rowsAbove({
    ...coded,
    ...{ vector, vectorScale, columns },
    weights: [weights.popularity, weights.shares, weights.recentPopularity],
    errorWeight: norm,
    bar: bar - codeError - ROUNDING * (largestNorm * norm + Math.abs(bar)),
    out: found,
  });
  kernels.arena.release(mark);
  return found.slice(0, nFound).filter((item) => item < model.nItems);
}

function screenOf(model: RecommenderModel): Screen {
  let screen = screens.get(model);
  if (screen === undefined) {
    const { kernels, itemEmbeddings } = workspaceOf(model);
    const { arena } = kernels;
    const d = model.hyperParameters.nComponents;
    // Kernels take four rows at once.
    const nRows = Math.ceil(model.nItems / 4) * 4;
    const coded = {
      ...{ nRows, nComponents: d },
      ...{ codes: arena.int8(nRows * d), scales: arena.float32(nRows), errors: arena.float32(nRows) },
    };
    kernels.codeRows(itemEmbeddings, { ...coded, nRows: model.nItems });
    const column = (values: Float32Array) => {
      const padded = arena.float32(nRows);
      padded.set(values);
      return padded;
    };
    let largestSquare = 0;
    for (let item = 0; item < model.nItems; item++) {
      let square = 0;
      for (let at = item * d; at < item * d + d; at++) square += itemEmbeddings[at] ** 2;
      largestSquare = Math.max(largestSquare, square);
    }
    screen = {
      coded,
      columns: [column(model.popularity), column(model.shares), column(model.recentPopularity)],
      largestNorm: Math.sqrt(largestSquare),
      popular: topN(model.popularity, N_POPULAR),
      found: arena.int32(nRows),
    };
    screens.set(model, screen);
  }
  return screen;
}

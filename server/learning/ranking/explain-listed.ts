/** The explanation of a listed item: the largest contributions separately, and the rest as a sum. */
import { explain } from '../factorization/index.js';

import type { RecommenderModel, UserState } from '../factorization/index.js';
import type { RankedItem } from './recommend.js';

interface HistoryContribution {
  readonly itemIndex: number;
  readonly contribution: number;
}

/** Its numbers sum to `total`. */
export interface ListedExplanation {
  readonly persona: number;
  readonly popularity: number;
  readonly sequence: number;
  /** The item of the history with the largest part in the sequence term; -1 if the term adds nothing. */
  readonly sequenceItem: number;
  /** The largest contributions of the history, at most `EXPLAINED_ITEMS`, none of them 0. */
  readonly items: readonly HistoryContribution[];
  /** Contributions of the whole history, largest first. */
  readonly history: readonly HistoryContribution[];
  readonly otherItems: number;
  readonly total: number;
}

/** Items of the history shown per explanation; the rest is added up in `otherItems`. */
const EXPLAINED_ITEMS = 5;

/** `score` is the total as listed, which may differ from the sum here by rounding. Throws InvalidShapeError. */
export function explainListed(
  model: RecommenderModel,
  state: UserState,
  { itemIndex, score }: RankedItem,
  hasPersona: boolean,
): ListedExplanation {
  const { contributions, sequence: following, ...parts } = explain(model, state, itemIndex);
  // Without a persona, the persona part is common to all users and counts as popularity.
  const persona = hasPersona ? parts.persona : 0;
  const popularity = hasPersona ? parts.popularity : parts.popularity + parts.persona;
  const history = Array.from(contributions, (contribution, entry) => ({
    itemIndex: state.indices[entry],
    contribution,
  }));
  history.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const items = history.slice(0, EXPLAINED_ITEMS).filter(({ contribution }) => contribution !== 0);
  const shown = items.reduce((sum, { contribution }) => sum + contribution, 0);
  const sequence = following.reduce((sum, added) => sum + added, 0);
  const latest = following.reduce(
    (best, added, entry) => (added > (following[best] ?? 0) ? entry : best),
    -1,
  );
  return {
    ...{ persona, popularity, sequence, items, history },
    sequenceItem: latest < 0 ? -1 : state.indices[latest],
    otherItems: score - persona - popularity - sequence - shown,
    total: score,
  };
}

/**
 * Prequential evaluation: predicts a thumb from the data before it, before the thumb is learned from.
 */

import type { Opinion, Profile } from '../../domain/index.js';
import type { UserState } from '../../learning/index.js';
import { itemsFrom } from '../../learning/index.js';

import type { ServingModel } from './serving-model.js';

/** A thumb up counts as predicted if its item ranks within this many places. */
const LIST_LENGTH = 10;

/** A user's state under a version, before the thumb. */
export interface UserSnapshot {
  readonly state: UserState;
  /** Items that are no longer listed, unless a request overrides the exclusions. */
  readonly settled: ReadonlySet<number>;
}

export interface Judgement {
  readonly modelVersion: number;
  readonly isHit: boolean;
  /** Share of other items ranked on the wrong side: above a liked item, below a disliked item. */
  readonly percentile: number;
}

/** True for a first opinion on an item: a second opinion would be predicted by the first. */
export function isPredictable(profile: Profile, itemId: string, value: Opinion): boolean {
  return value !== 0 && !profile.interactions.some((row) => row.itemId === itemId && row.opinion !== 0);
}

/** Judges how well a version would have predicted this thumb; null for an item that is not in the version. */
export function judgeThumb(
  model: ServingModel,
  { state, settled }: UserSnapshot,
  { itemId, value }: { itemId: string; value: Opinion },
): Judgement | null {
  const own = model.itemIndex.get(itemId);
  if (own === undefined) return null;
  const { items, scores } = itemsFrom(model.recommender, state, own);
  const score = scores[items.indexOf(own)];
  let above = 0;
  items.forEach((item, k) => {
    if (scores[k] > score && !settled.has(item)) above += 1;
  });
  const others = model.itemIds.length - (settled.has(own) ? 0 : 1) - settled.size;
  const share = others === 0 ? 0 : above / others;
  const isInList = above < LIST_LENGTH;
  return {
    modelVersion: model.version,
    isHit: value === 1 ? isInList : !isInList,
    percentile: value === 1 ? share : 1 - share,
  };
}

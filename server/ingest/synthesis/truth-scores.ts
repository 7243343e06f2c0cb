/**
 * Stage 1, synthesiser: upper bounds of any recommender on simulated users, as scores of items before the last week.
 *
 * The oracle knows a user's true taste; the ceiling, see `TasteFilter`, infers it from the looks so far. Both rank by the
 * looks to expect in a week. For evaluation only; learning code must not use it.
 */

import { WEEK_MS } from '../../domain/index.js';
import { createRandom } from '../../learning/index.js';

import { oddsOf } from './behaviour-model.js';
import { expectedLooks } from './expected-looks.js';
import type { Look } from './taste-filter.js';
import { TasteFilter } from './taste-filter.js';
import type { Truth } from './truth.js';
import { dominantArchetype, trueAffinity } from './truth.js';
import type { World } from './world.js';
import { createWorld } from './world.js';

export class TruthScores {
  private readonly world: World;
  private readonly filter: TasteFilter;
  /** Start of the last week, ms since the epoch. */
  private readonly at: number;

  constructor(private readonly truth: Truth) {
    const { seed, startAt, nWeeks, itemIds } = truth;
    this.world = createWorld({ seed, startAt, nWeeks, catalogueSize: itemIds.length });
    this.filter = new TasteFilter(this.world);
    this.at = startAt + (nWeeks - 1) * WEEK_MS;
  }

  /** Float32Array [nItems], by true taste; 0 for items looked at. `looks`: by time, each item once. */
  oracle(user: number, looks: readonly Look[]): Float32Array {
    const nItems = this.truth.itemIds.length;
    const affinity = trueAffinity(this.truth, user, new Float32Array(nItems));
    const isMet = new Uint8Array(nItems);
    for (const { item } of looks) isMet[item] = 1;
    const last = looks.at(-1)?.item ?? null;
    return Float32Array.from(
      expectedLooks(this.world, oddsOf(affinity, isMet), last, new Float64Array(nItems)),
    );
  }

  /** Float32Array [nItems], by what can be inferred from the looks; 0 for items looked at. */
  ceiling(user: number, looks: readonly Look[]): Float32Array {
    const seen = { looks, archetype: dominantArchetype(this.truth, user), at: this.at };
    return this.filter.expect(seen, this.truth.itemIds.length, createRandom(user));
  }
}

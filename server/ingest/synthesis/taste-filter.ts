/**
 * Stage 1, synthesiser: a Bayes filter, which knows the generator but sees of a user only the looks so far (and the
 * archetype, which behaviour reveals). What it expects of the user is the ceiling that a recommender can attain.
 *
 * Metropolis-Hastings (Hastings 1970) over the user's themes and their weights, under the generator's prior and the
 * likelihood of its choice model. Left out, which costs the filter little: the wander of the taste vector, and that some
 * looks came from lists.
 */

import type { Archetype } from '../../domain/index.js';
import { ARCHETYPES } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { expectedLooks } from './expected-looks.js';
import { HABITS, PARAMETERS } from './parameters.js';
import { seasonOdds } from './person.js';
import { VECTOR_LENGTH, archetypeOfCategory, countExisting } from './world.js';
import type { World } from './world.js';

export interface Look {
  readonly item: number;
  /** Ms since the epoch. */
  readonly at: number;
}

export interface SeenUser {
  /** By time, each item once. */
  readonly looks: readonly Look[];
  readonly archetype: Archetype;
  /** Time of the request, ms since the epoch. */
  readonly at: number;
}

const N_STEPS = 400;
const BURN_IN = 150;
const THINNING = 25;
/** Log-normal spread of a theme's weight after some weeks of drift, and of a proposed change. */
const WEIGHT_SPREAD = 0.3;
const WEIGHT_STEP = 0.3;
/** Share of proposed themes that ignore the looks. */
const BLIND_SHARE = 0.2;

interface State {
  readonly themes: Int32Array;
  /** Float64Array, log weights. */
  readonly weights: Float64Array;
}

export class TasteFilter {
  /** Float32Array, row-major [nThemes, nItems]: log odds of items for a taste of the theme with weight 1. */
  private readonly themeAffinity: Float32Array;

  constructor(private readonly world: World) {
    const { themeVectors, itemVectors, items, nThemes } = world;
    const { nComponents, tasteWeight } = PARAMETERS;
    this.themeAffinity = new Float32Array(nThemes * items.length);
    for (let theme = 0; theme < nThemes; theme++)
      for (let item = 0; item < items.length; item++) {
        let sum = 0;
        for (let c = 0; c < nComponents; c++)
          sum += themeVectors[theme * nComponents + c] * itemVectors[item * VECTOR_LENGTH + c];
        this.themeAffinity[theme * items.length + item] = tasteWeight * sum;
      }
  }

  /** Float32Array [nItems]: expected looks at the first `nItems` items, 0 for items met before. */
  expect(user: SeenUser, nItems: number, random: Random): Float32Array {
    const chain = new Chain(this.world, this.themeAffinity, user, nItems, random);
    const sum = new Float32Array(nItems);
    for (let step = 0; step < N_STEPS; step++) {
      chain.step();
      if (step < BURN_IN || step % THINNING !== 0) continue;
      const looks = chain.looksNow();
      for (let item = 0; item < nItems; item++) sum[item] += looks[item];
    }
    return sum;
  }
}

class Chain {
  private readonly base: Float64Array;
  /** Per look: factors on the odds by order, season and existence; 0 for items met before. */
  private readonly factors: readonly Float32Array[];
  private readonly roaming: number;
  private readonly meanLogWeight: number;
  private readonly priorOf: Float64Array;
  private readonly proposal: Float64Array;
  private state: State;
  private odds: Float64Array;
  private logPosterior: number;
  private readonly out: Float64Array;

  constructor(
    private readonly world: World,
    private readonly themeAffinity: Float32Array,
    private readonly user: SeenUser,
    private readonly nItems: number,
    private readonly random: Random,
  ) {
    const { itemTheme, itemVectors, themeCategory, nThemes } = world;
    const habits = HABITS[user.archetype];
    this.roaming = habits.roaming;
    this.base = Float64Array.from({ length: nItems }, (_, item) =>
      Math.exp(habits.mainstream * itemVectors[item * VECTOR_LENGTH + PARAMETERS.nComponents]),
    );
    this.factors = this.factorsOfLooks();
    const own = ARCHETYPES.indexOf(user.archetype);
    const isOwn = Float64Array.from(themeCategory, (category) =>
      archetypeOfCategory(category) === own ? 1 : 0,
    );
    const nOwn = isOwn.reduce((sum, is) => sum + is, 0);
    const { tasteFollowsArchetype, themeDecay } = PARAMETERS;
    this.priorOf = isOwn.map(
      (is) => (1 - tasteFollowsArchetype) / nThemes + (tasteFollowsArchetype * is) / nOwn,
    );
    this.proposal = this.priorOf.map((prior) => BLIND_SHARE * prior);
    for (const { item } of user.looks)
      this.proposal[itemTheme[item]] += (1 - BLIND_SHARE) / user.looks.length;
    this.meanLogWeight = ((habits.themes - 1) / 2) * Math.log(themeDecay);
    this.out = new Float64Array(nItems);
    this.state = {
      themes: Int32Array.from({ length: habits.themes }, () => this.proposeTheme()),
      weights: new Float64Array(habits.themes).fill(this.meanLogWeight),
    };
    this.odds = this.oddsOf(this.state);
    this.logPosterior = this.logPosteriorOf(this.state, this.odds);
  }

  step(): void {
    const slot = this.random.int(this.state.themes.length);
    const themes = this.state.themes.slice();
    const weights = this.state.weights.slice();
    let logProposals = 0;
    if (this.random.next() < 0.5) {
      themes[slot] = this.proposeTheme();
      logProposals = Math.log(this.proposal[this.state.themes[slot]] / this.proposal[themes[slot]]);
    } else weights[slot] += WEIGHT_STEP * this.random.normal();
    const next = { themes, weights };
    const odds = this.oddsOf(next);
    const logPosterior = this.logPosteriorOf(next, odds);
    const accepted = Math.log(1 - this.random.next()) < logPosterior - this.logPosterior + logProposals;
    if (!accepted) return;
    this.state = next;
    this.odds = odds;
    this.logPosterior = logPosterior;
  }

  /** Expected looks under the present state; the array is reused. */
  looksNow(): Float64Array {
    const { world, user, nItems } = this;
    const season = seasonOdds(world, user.at, nItems);
    const odds = this.odds.map((value, item) => value * season[item]);
    for (const { item } of user.looks) odds[item] = 0;
    const last = user.looks.at(-1)?.item ?? null;
    return expectedLooks(world, odds, last, this.out);
  }

  private factorsOfLooks(): Float32Array[] {
    const { world, user, nItems } = this;
    const isOpen = new Uint8Array(nItems).fill(1);
    return user.looks.map(({ item, at }, rank) => {
      const factors = new Float32Array(nItems);
      const season = seasonOdds(world, at, nItems);
      const last = rank === 0 ? null : user.looks[rank - 1].item;
      const nExisting = Math.min(nItems, countExisting(world, at));
      const row = last === null ? -1 : world.itemTheme[last] * world.items.length;
      for (let other = 0; other < nExisting; other++)
        factors[other] = isOpen[other] * season[other] * (row < 0 ? 1 : world.followOdds[row + other]);
      isOpen[item] = 0;
      return factors;
    });
  }

  private oddsOf({ themes, weights }: State): Float64Array {
    const { themeAffinity, world, nItems } = this;
    const logOdds = new Float64Array(nItems);
    themes.forEach((theme, slot) => {
      const weight = Math.exp(weights[slot]);
      const row = theme * world.items.length;
      for (let item = 0; item < nItems; item++) logOdds[item] += weight * themeAffinity[row + item];
    });
    return logOdds.map((value, item) => this.base[item] * Math.exp(value));
  }

  private logPosteriorOf({ themes, weights }: State, odds: Float64Array): number {
    let sum = 0;
    for (const theme of themes) sum += Math.log(this.priorOf[theme]);
    for (const weight of weights) sum -= ((weight - this.meanLogWeight) / WEIGHT_SPREAD) ** 2 / 2;
    // A user's themes are of different categories.
    const categories = new Set(Array.from(themes, (theme) => this.world.themeCategory[theme]));
    if (categories.size < themes.length) return Number.NEGATIVE_INFINITY;
    this.user.looks.forEach(({ item }, rank) => {
      const factors = this.factors[rank];
      let total = 0;
      for (let other = 0; other < odds.length; other++) total += odds[other] * factors[other];
      const byTaste = (odds[item] * factors[item]) / total;
      sum += Math.log(this.roaming / odds.length + (1 - this.roaming) * byTaste);
    });
    return sum;
  }

  private proposeTheme(): number {
    let left = this.random.next();
    for (let theme = 0; theme < this.proposal.length - 1; theme++) {
      left -= this.proposal[theme];
      if (left < 0) return theme;
    }
    return this.proposal.length - 1;
  }
}

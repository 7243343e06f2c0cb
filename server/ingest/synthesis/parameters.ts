/**
 * Stage 1, synthesiser: all parameters of the simulation, frozen, with reasons.
 *
 * They were tuned on the simulation alone: the number of events, how well the oracle (the true affinities) ranks the
 * likes of the last week, and the distance between the four archetypes in the behavioural features. No recommender was
 * run during tuning: a generator tuned to a model's score proves nothing.
 *
 * At 10,000 users: 544,000 events; the oracle reaches precision@5 .89 (.87 to .92 by archetype) and recall@10 .94 on
 * the likes of the last week; KMeans with k = 4 on standardised features, reduced to 90 % of their variance, finds the
 * archetypes with silhouette .64.
 */

import type { Archetype } from '../../domain/index.js';

/** Behaviour of a pure archetype. Counts are means per active week. */
export interface Habits {
  /** Weeks from one active week to the next. */
  readonly rhythm: number;
  /** Thumbs up, between `minLikes` and `maxLikes`. */
  readonly likes: number;
  /** Sessions with more than one event. */
  readonly sessions: number;
  /** Sessions with a single event: the front page is seen and left. */
  readonly bounces: number;
  readonly searches: number;
  /** Items seen in lists and not opened. */
  readonly passedOver: number;
  /** Share of liked items opened before the like, 0..1. */
  readonly openShare: number;
  /** Items opened outside of the user's tastes. */
  readonly explored: number;
  readonly dislikes: number;
  /** Items put into the cart, and the purchased items among them. */
  readonly carts: number;
  readonly purchases: number;
  /** Visits to items met before. */
  readonly repeats: number;
  /** Seconds on an opened item. */
  readonly dwellSeconds: number;
  /** Mean purchase amount. */
  readonly basket: number;
  /** Share of the sessions that fall on Saturday or Sunday, 0..1. */
  readonly weekend: number;
  /** Hour of day around which sessions start, UTC, and its standard deviation in hours. */
  readonly hour: number;
  readonly hourSpread: number;
  /** Number of themes of the user's interest. */
  readonly themes: number;
  /** Weight of quality, and with it popularity, in the affinity; below 0, obscure items are preferred. */
  readonly mainstream: number;
}

const seeker: Habits = {
  rhythm: 3.2,
  likes: 5.6,
  sessions: 2,
  bounces: 0,
  searches: 4,
  passedOver: 1,
  openShare: 0.4,
  explored: 0,
  dislikes: 0,
  carts: 0.1,
  purchases: 0.05,
  repeats: 0.4,
  dwellSeconds: 180,
  basket: 30,
  weekend: 0.04,
  hour: 10,
  hourSpread: 1,
  themes: 1,
  mainstream: 0.8,
};

const browser: Habits = {
  rhythm: 2.9,
  likes: 6.2,
  sessions: 2,
  bounces: 3.4,
  searches: 0.1,
  passedOver: 5,
  openShare: 0.1,
  explored: 0.2,
  dislikes: 0.1,
  carts: 0.05,
  purchases: 0.02,
  repeats: 0.1,
  dwellSeconds: 12,
  basket: 25,
  weekend: 0.3,
  hour: 14,
  hourSpread: 6,
  themes: 2,
  mainstream: 1.8,
};

const buyer: Habits = {
  rhythm: 3.2,
  likes: 6.4,
  sessions: 2,
  bounces: 0,
  searches: 0.8,
  passedOver: 1.5,
  openShare: 0.35,
  explored: 0.2,
  dislikes: 0.1,
  carts: 3.2,
  purchases: 2.6,
  repeats: 2,
  dwellSeconds: 60,
  basket: 90,
  weekend: 0.9,
  hour: 19,
  hourSpread: 1,
  themes: 2,
  mainstream: 1.2,
};

const explorer: Habits = {
  rhythm: 2.7,
  likes: 7.4,
  sessions: 3,
  bounces: 0,
  searches: 0.3,
  passedOver: 1.5,
  openShare: 0.1,
  explored: 5,
  dislikes: 1.5,
  carts: 0.1,
  purchases: 0.05,
  repeats: 0.1,
  dwellSeconds: 35,
  basket: 30,
  weekend: 0.35,
  hour: 21,
  hourSpread: 4,
  themes: 4,
  mainstream: -0.4,
};

export const HABITS: Readonly<Record<Archetype, Habits>> = Object.freeze({
  seeker,
  browser,
  buyer,
  explorer,
});

export const PARAMETERS = Object.freeze({
  /** Shares of the archetypes among users, all different, so that clusters cannot be matched by size. */
  shares: Object.freeze({ seeker: 0.22, browser: 0.32, buyer: 0.2, explorer: 0.26 } satisfies Record<
    Archetype,
    number
  >),
  /**
   * Dirichlet weights of a user's mixture: the dominant archetype has a mean share of 96 %; the rest varies by user.
   */
  dominantWeight: 30,
  otherWeight: 0.4,
  /** Log-normal spread of a user's rates around the mixture's. */
  habitNoise: 0.1,
  /** Probability that a user has the main device of the dominant archetype. */
  mainDeviceShare: 0.95,

  /** Items per theme (a style within a category): more than two active weeks use up. */
  itemsPerTheme: 20,
  maxCategories: 20,
  /**
   * Length of the latent vectors: fewer than themes, so that themes overlap (low rank), enough to distinguish them; a
   * multiple of four.
   */
  nComponents: 24,
  /** Similarity of themes within a category: cosine about 0.3. */
  categoryPull: 0.55,
  /** Length of an item's deviation from its theme, and standard deviation of item quality. */
  itemScatter: 0.25,
  qualitySpread: 0.08,
  /** Weight of each further theme of a user relative to the theme before. */
  themeDecay: 0.85,
  /** Weekly drift: log-normal spread of theme weights, and length of the random step of the taste vector. */
  weightDrift: 0.12,
  vectorDrift: 0.05,

  /**
   * Share of users active in the last week (a campaign), so that many can be evaluated on it; the rest were last active
   * the week before.
   */
  activeShareLastWeek: 0.88,
  /** Bounds on the number of likes in an active week. */
  minLikes: 5,
  maxLikes: 9,
  /** Scale of the Gumbel noise on affinities when choosing encounters. */
  encounterNoise: 0.02,
  /** Share of encounters drawn uniformly from the catalogue. */
  chanceEncounters: 0.04,
  /** Number of items a user could like at a time; the like probability falls off at that affinity ... */
  likeable: 80,
  /** ... with this width. */
  likeWidth: 0.04,
  /** Probability of looking at the next position of a list, given the position before was seen. */
  lookOn: 0.75,
  listLength: 10,

  /** Log-normal spreads of dwell time and amount, and seconds between events of a session. */
  dwellSpread: 0.35,
  amountSpread: 0.4,
  pauseSeconds: 12,
});

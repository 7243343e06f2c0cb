/**
 * Stage 1, synthesiser: every number of the simulation, frozen, each with its reason.
 *
 * They were set by looking at the simulation itself: at the number of events, at how well the oracle (the true
 * affinities) ranks the likes of the last week, and at how far the four archetypes lie apart in the behavioural
 * features. No recommender was run while they were being set: a generator tuned until a model scores well proves
 * nothing.
 *
 * At 10,000 users: 544,000 events; the oracle reaches precision@5 .89 (.87 to .92 by archetype) and recall@10 .94 on the
 * likes of the last week; KMeans with k = 4 on standardised features, reduced to 90 % of their variance, finds the
 * archetypes with silhouette .64.
 */

import type { Archetype } from '../../domain/index.js';

/** What a pure archetype does in a week in which the user comes at all. Counts are means per active week. */
export interface Habits {
  /** Weeks from one active week to the next. */
  readonly rhythm: number;
  /** Thumbs up, between `minLikes` and `maxLikes`. */
  readonly likes: number;
  /** Sessions with more than one event. */
  readonly sessions: number;
  /** Sessions of one event: the front page is seen and left. */
  readonly bounces: number;
  readonly searches: number;
  /** Items seen in lists and passed over. */
  readonly passedOver: number;
  /** Share of the liked items that are opened before the thumb is given, 0..1. */
  readonly openShare: number;
  /** Items opened far from the user's tastes, out of curiosity. */
  readonly explored: number;
  readonly dislikes: number;
  /** Items put into the cart, and those of them that are bought. */
  readonly carts: number;
  readonly purchases: number;
  /** Visits to items met before. */
  readonly repeats: number;
  /** Seconds on an opened item. */
  readonly dwellSeconds: number;
  /** Mean amount of a purchase. */
  readonly basket: number;
  /** Share of the sessions that fall on Saturday or Sunday, 0..1. */
  readonly weekend: number;
  /** Hour of day around which sessions start, UTC, and its standard deviation in hours. */
  readonly hour: number;
  readonly hourSpread: number;
  /** Number of themes a user of this kind cares for. */
  readonly themes: number;
  /** How much quality, and with it popularity, counts for the affinity; below 0: the obscure is preferred. */
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
  /** Shares of the archetypes among users: no two the same, so that clusters cannot be found by size. */
  shares: Object.freeze({ seeker: 0.22, browser: 0.32, buyer: 0.2, explorer: 0.26 } satisfies Record<
    Archetype,
    number
  >),
  /** Dirichlet weights of a user's mixture: the dominant archetype makes up 96 % on average, the rest varies by user. */
  dominantWeight: 30,
  otherWeight: 0.4,
  /** Log-normal spread of a person's rates around the mixture's. */
  habitNoise: 0.1,
  /** A main device per archetype is used with this probability. */
  mainDeviceShare: 0.95,

  /** Items per theme (a style within a category): enough that two active weeks do not use one up. */
  itemsPerTheme: 20,
  maxCategories: 20,
  /** Length of the latent vectors: fewer than themes, so that themes overlap (low rank), enough to tell them apart; a multiple of four. */
  nComponents: 24,
  /** How much themes of one category have in common: cosine about 0.3. */
  categoryPull: 0.55,
  /** Items scatter around their theme with this length, and differ in quality by this standard deviation. */
  itemScatter: 0.25,
  qualitySpread: 0.08,
  /** Each further theme of a user counts this much of the one before. */
  themeDecay: 0.85,
  /** Weekly drift: theme weights move by a log-normal step, the taste vector by a random step of this length. */
  weightDrift: 0.12,
  vectorDrift: 0.05,

  /** Share of the users who come in the last week (a campaign), so that many can be judged on it; the others came the week before. */
  activeShareLastWeek: 0.88,
  /** Bounds on the thumbs up of an active week. */
  minLikes: 5,
  maxLikes: 9,
  /** How closely what is encountered follows affinity: scale of the Gumbel noise on it. */
  encounterNoise: 0.02,
  /** Share of the encounters that chance decides: the item is any of the catalogue. */
  chanceEncounters: 0.04,
  /** A user could like this many items of the catalogue at a time; the chance to like falls off at that affinity ... */
  likeable: 80,
  /** ... within this width. */
  likeWidth: 0.04,
  /** Each place further down a list is looked at with this chance, given the one before was. */
  lookOn: 0.75,
  listLength: 10,

  /** Log-normal spreads of dwell and amount, and seconds between two events of a session. */
  dwellSpread: 0.35,
  amountSpread: 0.4,
  pauseSeconds: 12,
});

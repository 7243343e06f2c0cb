/**
 * Stage 1, synthesiser: all numbers of the simulated shop, version 2, frozen, with sources.
 *
 * They were fixed from published figures and from the simulation's own statistics; no recommender was run before they
 * were frozen, and no model's result may change them. docs/mathematics.md describes the model. Sessions are shorter
 * than real sessions, so that 10,000 users stay within 600,000 events.
 *
 * At 10,000 users, with the published range in brackets: 575,000 events; click-through rate 5.8 % (1 to 10 %); thumbs
 * 1.1 % of the events (at most 2 %); bounces 31 % of the sessions (4.9 to 50 %); conversion 2.6 % of the sessions (2.3 to
 * 15.5 %); looks by rank of the item fall with power .66 (.613 to .871). The choice model itself, which knows tastes and
 * the item looked at last, has recall@20 .72 for the next item.
 *
 * The sources:
 *
 * - Online Shoppers: Sakar, Polat, Katircioglu and Kastro (2019), 12,316 sessions of a shop with page counts (UCI 468):
 *   15.5 % of the sessions buy, 4.9 % have a single page, 23.3 % fall on a weekend; 30 s a product page in the median
 *   with log standard deviation .73; the logarithm of a month's conversion rate has standard deviation .45.
 * - Ali-CCP: Ma et al. (2018), "Entire Space Multi-Task Model": 84 million impressions, 3.4 million clicks (4.0 %).
 * - RetailRocket (2016): 2,664,312 views, 69,332 carts (2.6 %), 22,457 purchases (32 % of the carts).
 * - VK-LSVD (2025): 40.8 billion views of short videos, 1.17 billion likes (2.9 %), 12 million dislikes (.03 %).
 * - Contentsquare, Digital Experience Benchmark 2022: half of the sessions leave after a page, 2.3 % buy.
 * - Brynjolfsson, Hu and Smith (2003, 2010): sales of books at Amazon fall with rank to the power .871 and .613.
 * - H&M (2022): 105,542 articles in two years of sales, 1 % of them new each week.
 * - Next items of RetailRocket sessions: recall@20 of .71 for the best recommender in "Nonindependent session
 *   recommendation based on ordinary differential equation" (2020, Mathematical Problems in Engineering 9290576).
 *
 * "Assumption" marks numbers without a published figure.
 */

import type { Archetype } from '../../domain/index.js';

/** Behaviour of a pure archetype. Counts are means per active week; shares are 0..1. */
export interface Habits {
  /** Weeks from one active week to the next. Assumption. */
  readonly rhythm: number;
  /** New items looked at, besides those opened from the front page; at least `minFinds`. */
  readonly finds: number;
  /** Sessions that begin with a front page and go on. */
  readonly sessions: number;
  /** Sessions with a single event: the front page is seen and left. */
  readonly bounces: number;
  readonly searches: number;
  /** Share of the finds drawn from the whole catalogue by chance. */
  readonly roaming: number;
  /** Visits to items met before. */
  readonly repeats: number;
  /** Share of the listed items that are opened when seen, if they fit the user's tastes. */
  readonly openShare: number;
  /** Share of the items looked at that go into the cart, if they fit; and of these, the share purchased. */
  readonly cartShare: number;
  readonly purchaseShare: number;
  /** Share of the items looked at that get a thumb up, if they fit, and a thumb down, if they do not. */
  readonly likeShare: number;
  readonly dislikeShare: number;
  /** Mean seconds on an item. */
  readonly dwellSeconds: number;
  /** Mean purchase amount. */
  readonly basket: number;
  /** Share of the sessions that fall on Saturday or Sunday. */
  readonly weekend: number;
  /** Hour of day around which sessions start, UTC, and its standard deviation in hours. */
  readonly hour: number;
  readonly hourSpread: number;
  /** Number of themes of the user's interest. */
  readonly themes: number;
  /** Weight of popularity in the user's choices. */
  readonly mainstream: number;
}

const seeker: Habits = {
  rhythm: 3.2,
  finds: 7,
  sessions: 2,
  bounces: 0.3,
  searches: 4,
  roaming: 0.02,
  repeats: 0.8,
  openShare: 0.14,
  cartShare: 0.015,
  purchaseShare: 0.25,
  likeShare: 0.03,
  dislikeShare: 0.01,
  dwellSeconds: 70,
  basket: 30,
  weekend: 0.04,
  hour: 10,
  hourSpread: 1.5,
  themes: 1,
  mainstream: 0.9,
};

const browser: Habits = {
  rhythm: 2.9,
  finds: 6,
  sessions: 2,
  bounces: 2.2,
  searches: 0.1,
  roaming: 0.05,
  repeats: 0.2,
  openShare: 0.05,
  cartShare: 0.01,
  purchaseShare: 0.2,
  likeShare: 0.02,
  dislikeShare: 0.01,
  dwellSeconds: 14,
  basket: 25,
  weekend: 0.2,
  hour: 14,
  hourSpread: 6,
  themes: 2,
  mainstream: 1.3,
};

const buyer: Habits = {
  rhythm: 3.2,
  finds: 7,
  sessions: 2,
  bounces: 0.3,
  searches: 0.8,
  roaming: 0.02,
  repeats: 2,
  openShare: 0.12,
  cartShare: 0.16,
  purchaseShare: 0.4,
  likeShare: 0.03,
  dislikeShare: 0.01,
  dwellSeconds: 40,
  basket: 90,
  weekend: 0.5,
  hour: 19,
  hourSpread: 1.5,
  themes: 2,
  mainstream: 1.1,
};

const explorer: Habits = {
  rhythm: 2.7,
  finds: 9,
  sessions: 2.5,
  bounces: 0.4,
  searches: 0.3,
  roaming: 0.15,
  repeats: 0.2,
  openShare: 0.1,
  cartShare: 0.01,
  purchaseShare: 0.2,
  likeShare: 0.04,
  dislikeShare: 0.02,
  dwellSeconds: 30,
  basket: 30,
  weekend: 0.25,
  hour: 21,
  hourSpread: 4,
  themes: 4,
  mainstream: 0.6,
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
  /** Log-normal spread of a user's rates around the mixture's. Assumption. */
  habitNoise: 0.15,
  /** Probability that a user has the main device of the dominant archetype. */
  mainDeviceShare: 0.8,

  /** Items per theme (a style within a category). */
  itemsPerTheme: 20,
  maxCategories: 20,
  /**
   * Latent components: fewer than themes, so that themes overlap (low rank). With the three further components of a
   * vector a multiple of four.
   */
  nComponents: 25,
  /** Similarity of themes within a category: cosine about 0.3. */
  categoryPull: 0.55,
  /** Length of an item's deviation from its theme. */
  itemScatter: 0.25,
  /**
   * Popularity of an item: its rank to the power of minus this. Tastes flatten it: looks fall with power .66
   * (Brynjolfsson et al.: .613 to .871).
   */
  popularitySlope: 1.15,
  /** Share of the catalogue that is new each week (H&M). */
  newItemShare: 0.01,
  /** Weeks after the history for which new items are prepared, for simulations that go on. */
  futureWeeks: 12,
  /** Amplitude of a category's season in log odds: the square root of 2 times .45 (Online Shoppers, by month). */
  seasonAmplitude: 0.64,

  /**
   * Categories are divided among the archetypes in turn. A theme of a user is drawn from the archetype's own quarter
   * with this probability, and from the whole catalogue otherwise: in all .7 from the own quarter, where .25 would be
   * chance. Assumption: a label of the archetype is worth a factor of 2.8.
   */
  tasteFollowsArchetype: 0.6,
  /**
   * Log odds of an item of the user's main theme over an item that has nothing to do with the user's tastes, ... Chosen
   * for a recall@20 of the next item just above the best published (.71).
   */
  tasteWeight: 7.5,
  /** ... of an item of the theme that follows the theme looked at last, and of that theme again. */
  followWeight: 4,
  stayWeight: 1.5,
  /** Weight of each further theme of a user relative to the theme before. */
  themeDecay: 0.9,
  /** Weekly drift: log-normal spread of theme weights, and length of the random step of the taste vector. Assumption. */
  weightDrift: 0.12,
  vectorDrift: 0.05,

  /**
   * Share of users active in the last week (a campaign), so that many can be evaluated on it; the rest were last active
   * the week before.
   */
  activeShareLastWeek: 0.88,
  /** Fewest finds in an active week, and their log-normal spread between weeks. */
  minFinds: 5,
  findSpread: 0.35,
  /** Number of items that fit a user at a time; the fit falls off at the affinity of the last of them ... */
  fitting: 80,
  /** ... with this width in log odds. */
  fitWidth: 1,
  /** Probability of looking at the next position of a list, given the position before was seen. Assumption. */
  lookOn: 0.75,
  listLength: 10,
  /** Share of a front page chosen by the user's tastes; the rest by popularity. */
  personalShare: 0.5,

  /** Log-normal spreads of dwell time (Online Shoppers, less what archetypes explain) and amount. */
  dwellSpread: 0.5,
  amountSpread: 0.4,
  /** Mean seconds between events of a session. */
  pauseSeconds: 12,
});

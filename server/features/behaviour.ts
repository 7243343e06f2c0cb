/**
 * Stage 3, second half: a row of behavioural features from a user's profile.
 *
 * Float64Array [FEATURE_NAMES.length], always finite. Terms: an action is an event other than an impression,
 * a retract or a thumb that was taken back; an item event is an action on an item. Every ratio with denominator 0 is 0 unless a default is given.
 * Entropies are in nats. If no event has a known time (ratings without timestamps), the features on time and sessions
 * are the defaults given here, equal for all users.
 */

import { isTimeKnown, DAY_MS, WEEK_MS } from '../domain/index.js';
import type { BehaviourSums, Profile } from '../domain/index.js';
import { NotFiniteError } from '../learning/index.js';

import { deviceLabel, localeLabel } from './labels.js';
import { isInformative } from './profile.js';
import { SESSION_BUCKETS, histogramQuantile, sessionBucket } from './session-histogram.js';

/** Sums of a profile, including the open session. */
interface Summary extends BehaviourSums {
  readonly actions: number;
  readonly allSessions: number;
  readonly allBounces: number;
  readonly allSessionSeconds: number;
  readonly histogram: readonly number[];
  readonly timedEvents: number;
  /** From the first to the last event of known time, at least a week. */
  readonly weeks: number;
  readonly now: number;
  /** Items interacted with, and the long-tail items among them. */
  readonly nItems: number;
  readonly nTailItems: number;
  /** Items with a thumb that stands. */
  readonly nLiked: number;
  readonly nDisliked: number;
}

/** Feature formulas in row order. */
const FEATURES = {
  /** clicks / impressions, at most 1 (logs may leave impressions out). */
  clickThroughRate: (s: Summary) => Math.min(1, ratio(s.clicks, s.impressions)),
  /** impressions / events: share of passive traffic. */
  impressionShare: (s: Summary) => ratio(s.impressions, s.events),
  /** Sessions per week between the first and the last event; 0 without times. */
  sessionsPerWeek: (s: Summary) => s.allSessions / s.weeks,
  /** Mean session length, seconds; 0 without times. */
  sessionMeanSeconds: (s: Summary) => ratio(s.allSessionSeconds, s.allSessions),
  /** 90th percentile of session length, seconds, on the logarithmic scale of the histogram; 0 without times. */
  sessionP90Seconds: (s: Summary) => histogramQuantile(s.histogram, 0.9),
  /** Timed events per session; 0 without times. */
  eventsPerSession: (s: Summary) => ratio(s.timedEvents, s.allSessions),
  /** Share of one-event sessions, 0..1; 0 without times. */
  bounceRate: (s: Summary) => ratio(s.allBounces, s.allSessions),
  /** searches / actions. */
  searchShare: (s: Summary) => ratio(s.searches, s.actions),
  /** Entropy of item events over categories. */
  categoryEntropy: (s: Summary) => entropy(Object.values(s.categories)),
  /** First visits to a category / item events of known category. */
  noveltyRate: (s: Summary) => ratio(Object.keys(s.categories).length, sum(Object.values(s.categories))),
  /** Views and clicks of items met before / views and clicks. */
  repeatViewRate: (s: Summary) => ratio(s.repeatViews, s.views + s.clicks),
  /** carts / actions. */
  cartRate: (s: Summary) => ratio(s.carts, s.actions),
  /** purchases / actions. */
  purchaseRate: (s: Summary) => ratio(s.purchases, s.actions),
  /** Mean purchase amount, in the currency of the source. */
  basketValue: (s: Summary) => ratio(s.purchaseValue, s.purchases),
  /** Liked items / actions. */
  likeShare: (s: Summary) => ratio(s.nLiked, s.actions),
  /** Disliked items / actions. */
  dislikeShare: (s: Summary) => ratio(s.nDisliked, s.actions),
  /** Items with a thumb per week between the first and the last event. */
  feedbackPerWeek: (s: Summary) => (s.nLiked + s.nDisliked) / s.weeks,
  /** Mean dwell time of views and clicks with a dwell time, seconds. */
  dwellMeanSeconds: (s: Summary) => ratio(s.dwellSum, s.dwellCount),
  /** Entropy of events over the hours of the day, UTC; 0 without times. */
  hourEntropy: (s: Summary) => entropy(s.hours),
  /** Events on Saturday and Sunday, UTC / events; default 2/7, the expected value. */
  weekendShare: (s: Summary) => (s.timedEvents === 0 ? 2 / 7 : s.weekendEvents / s.timedEvents),
  /** Days from the last event to `now`, never below 0; 0 without times. */
  recencyDays: (s: Summary) => (isTimeKnown(s.lastAt) ? Math.max(0, s.now - s.lastAt) / DAY_MS : 0),
  /** Share of the largest category in item events of known category, 0..1. */
  topCategoryAffinity: (s: Summary) =>
    ratio(Math.max(0, ...Object.values(s.categories)), sum(Object.values(s.categories))),
  /** Long-tail items / items interacted with, including items missing from the catalogue. */
  longTailShare: (s: Summary) => ratio(s.nTailItems, s.nItems),
  /** Most used device, label-encoded; 0 if none is given. */
  device: (s: Summary) => deviceLabel(s.devices),
  /** Most used language, label-encoded; 0 if none is given. */
  locale: (s: Summary) => localeLabel(s.locales),
} as const satisfies Record<string, (summary: Summary) => number>;

export type FeatureName = keyof typeof FEATURES;

/** Names of the features in the order of a row. */
export const FEATURE_NAMES = Object.freeze(Object.keys(FEATURES)) as readonly FeatureName[];

const FORMULAS = Object.values(FEATURES);

export interface FeatureRowOptions {
  /** Ms since the epoch, for recency. */
  readonly now: number;
  /** Whether an item is in the long tail of the data set the personas were learned from. */
  readonly isLongTail: (itemId: string) => boolean;
}

/**
 * The feature row of a user: Float64Array [FEATURE_NAMES.length], finite. Throws NotFiniteError, naming the feature and
 * the stored count at fault, for a profile damaged in the store.
 */
export function featureRow(profile: Profile, options: FeatureRowOptions): Float64Array {
  const summary = summarise(profile, options);
  const row = Float64Array.from(FORMULAS, (formula) => formula(summary));
  const wrong = row.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new NotFiniteError(
      `The feature "${FEATURE_NAMES[wrong]}" of a user cannot be computed: ${damageIn(profile.behaviour)}. ` +
        'Run "npm run rebuild", which derives all profiles from the record again.',
    );
  }
  return row;
}

function damageIn(sums: BehaviourSums): string {
  for (const [kind, counts] of [
    ['category', sums.categories],
    ['device', sums.devices],
    ['locale', sums.locales],
  ] as const) {
    const name = Object.keys(counts).find((key) => !Number.isFinite(counts[key]));
    if (name !== undefined) return `the stored count of ${kind} "${name}" is not a number`;
  }
  return 'a stored sum is not a number';
}

function summarise(
  { behaviour: sums, interactions }: Profile,
  { now, isLongTail }: FeatureRowOptions,
): Summary {
  const informative = interactions.filter(isInformative);
  const histogram = sums.sessionHistogram.slice(0, SESSION_BUCKETS);
  const open = sums.session;
  const openSeconds = open === null ? 0 : (open.lastAt - open.startAt) / 1000;
  if (open !== null) histogram[sessionBucket(openSeconds)] += 1;
  return {
    ...sums,
    actions: Math.max(0, sums.events - sums.impressions - 2 * sums.retracts),
    allSessions: sums.sessions + (open === null ? 0 : 1),
    allBounces: sums.bounces + (open?.events === 1 ? 1 : 0),
    allSessionSeconds: sums.sessionSeconds + openSeconds,
    histogram,
    timedEvents: sum(sums.hours),
    weeks: sums.firstAt === 0 ? 1 : Math.max(1, (sums.lastAt - sums.firstAt) / WEEK_MS),
    now,
    nItems: informative.length,
    nTailItems: informative.filter(({ itemId }) => isLongTail(itemId)).length,
    nLiked: interactions.filter(({ opinion }) => opinion > 0).length,
    nDisliked: interactions.filter(({ opinion }) => opinion < 0).length,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function entropy(counts: readonly number[]): number {
  const total = sum(counts);
  let nats = 0;
  for (const count of counts) if (count > 0) nats -= (count / total) * Math.log(count / total);
  return Math.max(0, nats);
}

/** Counters behind the dashboards, and the figures the dashboards show. */

import type { ImportRecord } from './import-record.js';
import { DAY_MS, HOUR_MS } from './time.js';

export const METRIC_COUNTERS = [
  'impressions',
  /** Impressions with a position in a list; the rest are only counted. */
  'placedImpressions',
  'views',
  'clicks',
  /** Clicks with a position in a list. */
  'placedClicks',
  /** Further clicks on an item of the same list. */
  'repeatedClicks',
  'searches',
  'carts',
  'purchases',
  'likes',
  'dislikes',
  'retracts',
  'sessions',
  /** Views and clicks with a dwell time. */
  'dwells',
  'dwellSeconds',
] as const;
export type MetricCounter = (typeof METRIC_COUNTERS)[number];

/**
 * A counter per value of a dimension: `impressions@3` and `clicks@3` by zero-based position, `category@books`,
 * `hour@13` (UTC, in buckets of a day), `hits@2`, `misses@2` and `percentiles@2` by model version.
 */
export type MetricDimension =
  'impressions' | 'clicks' | 'category' | 'hour' | 'hits' | 'misses' | 'percentiles';
export type DimensionCounter = `${MetricDimension}@${string}`;

/** By `MetricCounter` or `DimensionCounter`. */
export type MetricCounters = Readonly<Record<string, number>>;

export const METRIC_GRAINS = ['minute', 'hour', 'day'] as const;
export type MetricGrain = (typeof METRIC_GRAINS)[number];

export const GRAIN_MS: Readonly<Record<MetricGrain, number>> = {
  minute: 60_000,
  hour: HOUR_MS,
  day: DAY_MS,
};

/** Retention of buckets: minutes cover yesterday and today, hours six weeks; days are never deleted. */
export const KEPT_MS: Readonly<Record<MetricGrain, number>> = {
  minute: 2 * DAY_MS,
  hour: 42 * DAY_MS,
  day: Infinity,
};

/** Persona of the buckets of users without a persona. */
export const NO_PERSONA = 'none';

/** A bucket of counters. */
export interface MetricBucket {
  readonly grain: MetricGrain;
  /** Start of the bucket, ms since the epoch. */
  readonly at: number;
  /** A persona id, or `NO_PERSONA`. */
  readonly persona: string;
  /** Counters derived from recorded events; a recount restores them. */
  readonly counters: MetricCounters;
  /** Counted while serving, without recorded events, so a recount cannot restore them: lists shown, predictions tested. */
  readonly served?: MetricCounters;
}

/** Current figures of all instances together. Null where differential privacy withholds a figure. */
export interface LiveRates {
  readonly at: number;
  /** Users with an event or an impression in the last five minutes. */
  readonly activeUsers: number | null;
  /** Means over the last ten seconds. */
  readonly thumbsPerSecond: number | null;
  readonly eventsPerSecond: number | null;
  readonly impressionsPerSecond: number | null;
  /** Clicks per impression of the last hour; null without an impression. */
  readonly ctr: number | null;
  /** Of the last minutes; null without a push. */
  readonly pushLatencyP50Ms: number | null;
  readonly pushLatencyP99Ms: number | null;
  /** Share of the requests of the last minutes that failed on the server; null without a request. */
  readonly errorRate: number | null;
  readonly openSubscriptions: number;
  readonly modelVersion: number | null;
  readonly modelActivatedAt: number | null;
}

export interface CtrPoint {
  readonly at: number;
  readonly impressions: number;
  /** Clicks with a matching impression. */
  readonly clicks: number;
  /** Null without an impression. */
  readonly ctr: number | null;
  /** The rate if every impression were in first position; null where the data do not suffice to estimate it. */
  readonly adjustedCtr: number | null;
}

export interface PersonaSeries {
  readonly personaId: string;
  readonly points: readonly CtrPoint[];
}

/** `events` excludes impressions. */
export interface EngagementPoint {
  readonly at: number;
  readonly sessions: number;
  readonly events: number;
  /** Null without an event that has a dwell time. */
  readonly meanDwellSeconds: number | null;
  readonly searches: number;
  readonly clicks: number;
  readonly purchases: number;
  readonly likes: number;
  readonly dislikes: number;
  /** Thumbs per event; null without events. */
  readonly feedbackRate: number | null;
}

export interface PersonaCategoryCell {
  readonly personaId: string;
  readonly category: string;
  readonly events: number;
  /** Share of the persona's events in all categories, 0..1. */
  readonly share: number;
}

/** Day 1 is Monday; hours are UTC. */
export interface HourWeekdayCell {
  readonly weekday: number;
  readonly hour: number;
  readonly events: number;
}

/** Thumbs under a model version, each compared with the prediction made before learning from it. */
export interface QualityPoint {
  readonly at: number;
  readonly modelVersion: number;
  readonly thumbs: number;
  readonly hits: number;
  readonly hitRate: number;
  /** Mean share of the remaining items that ranked on the wrong side, 0 best, 1 worst, .5 chance; null when withheld. */
  readonly meanPercentile: number | null;
}

/** Sums over a range. */
export interface AnalyticsTotals {
  readonly impressions: number;
  /** Clicks with a matching impression. */
  readonly clicks: number;
  /** Clicks per impression; null without an impression. */
  readonly ctr: number | null;
  readonly sessions: number;
  /** Without impressions. */
  readonly events: number;
  readonly likes: number;
  readonly dislikes: number;
  readonly purchases: number;
}

/** A change of the system that may explain a change of its figures. */
export interface AnalyticsMark {
  readonly at: number;
  readonly kind: 'retrain' | 'activation' | 'rollback' | 'import';
  /** The version that was trained or activated; null for an import. */
  readonly modelVersion: number | null;
  /** The import; null for the other kinds. */
  readonly import: ImportRecord | null;
}

/** Effect of differential privacy on an answer. */
export interface PrivacyReport {
  readonly isEnabled: boolean;
  /** Null while it is off. */
  readonly epsilonPerDay: number | null;
  /** Largest privacy loss of any single day of the range, over all answers so far. */
  readonly epsilonUsed: number;
  /** Standard deviation of the noise on a cell's count of clicks or impressions; null while it is off. */
  readonly noiseStdDev: number | null;
  /** Cells below this are shown as 0; null while it is off. */
  readonly suppressedBelow: number | null;
  readonly suppressedCells: number;
}

export interface AnalyticsReport {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly grain: MetricGrain;
  readonly totals: AnalyticsTotals;
  readonly ctr: readonly PersonaSeries[];
  readonly engagement: readonly EngagementPoint[];
  readonly personaCategory: readonly PersonaCategoryCell[];
  readonly hourWeekday: readonly HourWeekdayCell[];
  readonly quality: readonly QualityPoint[];
  readonly privacy: PrivacyReport;
}

/** Two-dimensional projection of a model version's users, as columns with an entry per user. */
export interface ClusterMap {
  readonly modelVersion: number;
  /** Users the version was trained on; the columns hold a sample of at most 10,000. */
  readonly nUsers: number;
  readonly userIds: readonly string[];
  /** Float32Array: the first two principal components of behaviour. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Uint8Array, index into the personas of the version. */
  readonly persona: Uint8Array;
  /** Float32Array, -1..1. */
  readonly silhouette: Float32Array;
}

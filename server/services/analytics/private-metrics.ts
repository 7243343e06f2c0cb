/**
 * The counters under differential privacy. Every bucket is published once, when its time is over: with discrete Laplace
 * noise on every counter there could be, stored, and read from there by every answer after. So repeating or varying a
 * question tells nothing new, and what can be told of one day is bounded for good, whoever asks what and how often.
 *
 * Neighbours are two records that differ in one event of one user (an act, or an item that was shown); the persona of
 * the user and the catalogue are taken as public. A user who does m things in a day is protected m times less. An event
 * falls into one hour and one day; each of the two has its part of the day's budget (privacy-budget.ts), spread evenly
 * over the groups below: a counter's noise has the scale sensitivity of its group * number of groups / that part.
 */

import type { Counts, DimensionCounter, MetricBucket, MetricCounter } from '../../domain/index.js';
import { GRAIN_MS, NO_PERSONA, emptyCounts } from '../../domain/index.js';
import { MAX_DWELL_SECONDS, MAX_POSITION } from '../../features/index.js';
import type { Fraction, RandomInteger } from '../../privacy/index.js';
import { createRandomIntegers, discreteLaplace } from '../../privacy/index.js';
import type { Store } from '../../store/index.js';

import type { Span } from './analytics-report.js';
import { epsilonOf, noiseScale, noiseStdDev, toNumber } from './privacy-budget.js';

/** Grains that are published; minutes would be all noise. */
type PublicGrain = 'hour' | 'day';

/** Counters on their way into a bucket have arrived by then. */
const SETTLED_MS = 60_000;
const MAX_CATEGORIES = 200;
const VERSIONS = 20;

/** Counters of which one event changes at most so much, all of the group together. */
interface Group {
  readonly sensitivity: number;
  readonly counters: readonly (MetricCounter | DimensionCounter)[];
}

/** Without a first click the next one on the same item of the list is the first. */
const PLACED: Group = {
  sensitivity: 3,
  counters: ['placedImpressions', 'placedClicks', 'repeatedClicks'],
};

export interface PrivateMetricsOptions {
  readonly store: Store;
  /** The most that may be told of an event of one day; above 0. */
  readonly epsilonPerDay: Fraction;
  readonly clock: () => number;
  /** Default: the operating system's. */
  readonly random?: RandomInteger;
}

export class PrivateMetrics {
  private readonly random: RandomInteger;

  constructor(private readonly options: PrivateMetricsOptions) {
    this.random = options.random ?? createRandomIntegers();
  }

  get epsilonPerDay(): number {
    return toNumber(this.options.epsilonPerDay);
  }

  /** Standard deviation of the noise on a count of placed clicks or impressions, which a click-through rate is made of. */
  async noiseStdDev(grain: PublicGrain): Promise<number> {
    return noiseStdDev(this.scaleOf(PLACED, grain, await this.groups(grain)));
  }

  /** The published buckets of a span; publishes what is over and may still be told. */
  async find({ grain, from, to }: Span & { grain: PublicGrain }): Promise<MetricBucket[]> {
    const { store, clock } = this.options;
    const end = Math.min(to, Math.floor((clock() - SETTLED_MS) / GRAIN_MS[grain]) * GRAIN_MS[grain]);
    if (end > from) await this.publish(grain, from, end);
    return store.metrics.findPublished({ grain, from, to });
  }

  /** The most that was told of an event of any day of a span. */
  async epsilonUsed({ from, to }: Pick<Span, 'from' | 'to'>): Promise<number> {
    const rows = await this.options.store.metrics.epsilonSpent(startOfDay(from), to);
    return Math.max(0, ...rows.map(({ hour, day, model }) => hour + day + model));
  }

  private async publish(grain: PublicGrain, from: number, to: number): Promise<void> {
    const { store } = this.options;
    const published = new Set((await store.metrics.findPublished({ grain, from, to })).map(({ at }) => at));
    const missing: number[] = [];
    for (let at = from; at < to; at += GRAIN_MS[grain]) if (!published.has(at)) missing.push(at);
    const times = new Set(await this.affordable(grain, missing));
    if (times.size === 0) return;

    const buckets = new Map(
      (await store.metrics.find({ grain, from, to })).map((row) => [`${row.at}/${row.persona}`, row]),
    );
    const [personas, groups] = await Promise.all([this.personas(), this.groups(grain)]);
    const rows: MetricBucket[] = [];
    for (const at of times) {
      for (const persona of personas) {
        rows.push({
          grain,
          at,
          persona,
          counters: this.blurred(grain, buckets.get(`${at}/${persona}`), groups),
        });
      }
      // A day of hours is thousands of draws: whoever waits for an answer goes first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.metrics.publish(rows);
  }

  /** The instants whose day has budget left for this grain, after it is spent. */
  private async affordable(grain: PublicGrain, times: readonly number[]): Promise<number[]> {
    if (times.length === 0) return [];
    const { store } = this.options;
    const share = epsilonOf(grain, this.options.epsilonPerDay);
    const days = [...new Set(times.map(startOfDay))];
    const spent = new Map(
      (await store.metrics.epsilonSpent(Math.min(...days), Math.max(...days) + 1)).map((row) => [
        row.at,
        row,
      ]),
    );
    const open = days.filter((at) => {
      const before = { hour: 0, day: 0, model: 0, ...spent.get(at) };
      const other = before.model + (grain === 'hour' ? before.day : before.hour);
      return Math.max(before[grain], share) + other <= this.epsilonPerDay;
    });
    // Hours of one day are told of different events: together they cost what one of them does.
    await store.metrics.spendEpsilon(open.map((at) => ({ at, grain, epsilon: share })));
    const isOpen = new Set(open);
    return times.filter((at) => isOpen.has(startOfDay(at)));
  }

  private scaleOf({ sensitivity }: Group, grain: PublicGrain, groups: readonly Group[]): Fraction {
    return noiseScale(grain, this.options.epsilonPerDay, sensitivity * groups.length);
  }

  private blurred(grain: PublicGrain, bucket: MetricBucket | undefined, groups: readonly Group[]): Counts {
    const counters = emptyCounts();
    for (const group of groups) {
      const scale = this.scaleOf(group, grain, groups);
      for (const name of group.counters) {
        const count = (bucket?.counters[name] ?? 0) + (bucket?.served?.[name] ?? 0);
        counters[name] = count + discreteLaplace(scale, this.random);
      }
    }
    return counters;
  }

  /** Every persona there is or was, so that the presence of one tells nothing. */
  private async personas(): Promise<string[]> {
    const versions = await this.options.store.models.list(VERSIONS);
    const ids = versions.flatMap((model) => model.personas.map((persona) => persona.personaId));
    return [...new Set([...ids, NO_PERSONA])];
  }

  private async groups(grain: PublicGrain): Promise<Group[]> {
    const categories = (await this.options.store.items.categories()).filter((name) => name !== '');
    const positions = Array.from({ length: MAX_POSITION + 1 }, (_, position) => position);
    const groups: Group[] = [
      {
        sensitivity: 1,
        counters: [
          ...(['impressions', 'views', 'clicks', 'searches', 'carts'] as const),
          ...(['purchases', 'likes', 'dislikes', 'retracts'] as const),
        ],
      },
      PLACED,
      {
        sensitivity: 2,
        counters: positions.flatMap((position) => [`impressions@${position}`, `clicks@${position}`] as const),
      },
      // An event of another session in the middle of one makes two more.
      { sensitivity: 2, counters: ['sessions'] },
      { sensitivity: 1, counters: ['dwells'] },
      { sensitivity: MAX_DWELL_SECONDS, counters: ['dwellSeconds'] },
      {
        sensitivity: 1,
        counters: categories.slice(0, MAX_CATEGORIES).map((category) => `category@${category}` as const),
      },
    ];
    if (grain === 'day') {
      const hours = Array.from({ length: 24 }, (_, hour) => `hour@${hour}` as const);
      groups.push({ sensitivity: 1, counters: hours });
    }
    return groups;
  }
}

/** Midnight UTC before an instant, ms since the epoch. */
export function startOfDay(at: number): number {
  return at - (at % GRAIN_MS.day);
}

/**
 * Counters under differential privacy. Every bucket is published once, after its time has passed: discrete Laplace
 * noise is added to every possible counter, and the stored result answers all later queries. Repeated or varied queries
 * therefore reveal nothing new, and the privacy loss of a day is bounded, however often it is queried.
 *
 * Neighbours are two records that differ in a single event of a single user (an action or an impression); the user's
 * persona and the catalogue are considered public. The guarantee of a user with m events in a day is weaker by the
 * factor m. An event falls into an hour and a day; each of the two grains has its share of the day's budget
 * (privacy-budget.ts), split evenly over the groups below: the noise of a counter has the scale sensitivity of its
 * group * number of groups / that share.
 */

import type { Counts, DimensionCounter, MetricBucket, MetricCounter } from '../../domain/index.js';
import { GRAIN_MS, NO_PERSONA, emptyCounts } from '../../domain/index.js';
import { MAX_DWELL_SECONDS, MAX_POSITION } from '../../features/index.js';
import type { Fraction, RandomInteger } from '../../privacy/index.js';
import { createRandomIntegers, discreteLaplace } from '../../privacy/index.js';
import type { Store } from '../../store/index.js';

import type { Span } from './analytics-report.js';
import { epsilonOf, noiseScale, noiseStdDev, toNumber } from './privacy-budget.js';

/** Published grains; minutes would be mostly noise. */
export type PublicGrain = 'hour' | 'day';

/** Delay after which all counters of a bucket have been written. */
const SETTLED_MS = 60_000;
const MAX_CATEGORIES = 200;
const VERSIONS = 20;

/** Counters and their joint sensitivity: the maximum total change of the group by a single event. */
interface Group {
  readonly sensitivity: number;
  readonly counters: readonly (MetricCounter | DimensionCounter)[];
}

/** Removing a first click turns the next click on the same item of the list into a first click. */
const PLACED: Group = {
  sensitivity: 3,
  counters: ['placedImpressions', 'placedClicks', 'repeatedClicks'],
};

interface PrivateMetricsOptions {
  readonly store: Store;
  /** Maximum privacy loss of an event per day; above 0. */
  readonly epsilonPerDay: Fraction;
  readonly clock: () => number;
  /** Default: the operating system's random source. */
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

  /**
   * Standard deviation of the noise on a count of placed clicks or impressions, from which click-through rates are
   * computed.
   */
  async noiseStdDev(grain: PublicGrain): Promise<number> {
    return noiseStdDev(this.scaleOf(PLACED, grain, await this.groups(grain)));
  }

  /** The published buckets of a span; first publishes buckets whose time has passed, as far as the budget allows. */
  async find({ grain, from, to }: Span & { grain: PublicGrain }): Promise<MetricBucket[]> {
    const { store, clock } = this.options;
    const end = Math.min(to, Math.floor((clock() - SETTLED_MS) / GRAIN_MS[grain]) * GRAIN_MS[grain]);
    if (end > from) await this.publish(grain, from, end);
    return store.metrics.findPublished({ grain, from, to });
  }

  /** The maximum epsilon spent on any day of a span. */
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
      // A day of hours takes thousands of draws: yield to pending requests.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.metrics.publish(rows);
  }

  /** The times on days with budget left for this grain, after spending it. */
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
    // Hours of a day cover different events: by parallel composition, all of them cost as much as a single hour.
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

  /** All current and former personas, so that the presence of a persona reveals nothing. */
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
      // An event of a different session in the middle of a session adds two sessions.
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

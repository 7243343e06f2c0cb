/** Counts the outcomes of an arm: by week, by persona, and by user for comparisons. */

import type { Act, Shopper } from '../ingest/index.js';
import { expectedReactionsOf } from '../ingest/index.js';

import type { Policy } from './policy.js';

const TOP = 5;

export interface WeekRow {
  /** From 1. */
  readonly week: number;
  readonly visitors: number;
  readonly lists: number;
  /** Share of the first five items of each shown list with a true affinity at or above the user's threshold. */
  readonly precisionAt5: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly likes: number;
  readonly dislikes: number;
  /** By the label of the persona a list was made for. */
  readonly byPersona: Readonly<Record<string, { readonly impressions: number; readonly clicks: number }>>;
  /** Mean of 1 - cosine between a user's true affinities now and at the start. */
  readonly tasteDrift: number;
  /** Users with a different persona at the end of the week than at its start. */
  readonly moves: number;
}

export interface ArmResult {
  readonly policy: Policy;
  readonly weeks: readonly WeekRow[];
  /** Float64Array [nUsers] each, over all weeks. */
  readonly perUser: {
    readonly impressions: Float64Array;
    readonly clicks: Float64Array;
    /** Expected values of the same two, over the chances of looking, liking and opening. */
    readonly expectedImpressions: Float64Array;
    readonly expectedClicks: Float64Array;
    /** Lists shown, and their precisions added up. */
    readonly lists: Float64Array;
    readonly precision: Float64Array;
  };
}

interface Counts {
  impressions: number;
  clicks: number;
}

export class Tally {
  private readonly start: readonly Float32Array[];
  private readonly perUser: ArmResult['perUser'];
  private visitors = new Set<number>();
  private byPersona = new Map<string, Counts>();
  private week = { lists: 0, precision: 0, likes: 0, dislikes: 0 };

  constructor(private readonly shoppers: readonly Shopper[]) {
    this.start = shoppers.map(({ affinity }) => affinity.slice());
    const zeros = () => new Float64Array(shoppers.length);
    this.perUser = {
      ...{ impressions: zeros(), clicks: zeros(), expectedImpressions: zeros(), expectedClicks: zeros() },
      ...{ lists: zeros(), precision: zeros() },
    };
  }

  beginWeek(): void {
    this.visitors = new Set();
    this.byPersona = new Map();
    this.week = { lists: 0, precision: 0, likes: 0, dislikes: 0 };
  }

  /** Counts a shown list and the acts on it. */
  count(user: number, shown: { persona: string; indices: readonly number[]; acts: readonly Act[] }): void {
    const { affinity, threshold } = this.shoppers[user];
    const top = shown.indices.slice(0, TOP);
    const precision = top.filter((item) => affinity[item] >= threshold).length / TOP;
    const counted = (type: Act['type']) => shown.acts.filter((act) => act.type === type).length;
    const [impressions, clicks] = [counted('impression'), counted('click')];
    const persona = this.byPersona.get(shown.persona) ?? { impressions: 0, clicks: 0 };
    this.byPersona.set(shown.persona, persona);
    this.visitors.add(user);
    persona.impressions += impressions;
    persona.clicks += clicks;
    this.week.lists += 1;
    this.week.precision += precision;
    this.week.likes += counted('like');
    this.week.dislikes += counted('dislike');
    this.perUser.impressions[user] += impressions;
    this.perUser.clicks[user] += clicks;
    const expected = expectedReactionsOf(this.shoppers[user], shown.indices);
    this.perUser.expectedImpressions[user] += expected.seen;
    this.perUser.expectedClicks[user] += expected.opened;
    this.perUser.lists[user] += 1;
    this.perUser.precision[user] += precision;
  }

  endWeek({ week, moves }: { week: number; moves: number }): WeekRow {
    const { lists, precision, likes, dislikes } = this.week;
    const counts = [...this.byPersona.values()];
    return {
      week,
      visitors: this.visitors.size,
      lists,
      precisionAt5: lists === 0 ? 0 : precision / lists,
      impressions: counts.reduce((sum, { impressions }) => sum + impressions, 0),
      clicks: counts.reduce((sum, { clicks }) => sum + clicks, 0),
      likes,
      dislikes,
      byPersona: Object.fromEntries([...this.byPersona].sort(([a], [b]) => (a < b ? -1 : 1))),
      tasteDrift: this.tasteDrift(),
      moves,
    };
  }

  result(policy: Policy, weeks: readonly WeekRow[]): ArmResult {
    return { policy, weeks, perUser: this.perUser };
  }

  private tasteDrift(): number {
    const drifts = this.shoppers.map(({ affinity }, user) => 1 - cosine(affinity, this.start[user]));
    return drifts.reduce((sum, drift) => sum + drift, 0) / drifts.length;
  }
}

/** Of the items that both have: the catalogue grows. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

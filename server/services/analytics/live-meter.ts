/**
 * Recent activity of this instance in a fixed amount of memory: rates, active users, push latency.
 */

import type { UserSketch } from './distinct-users.js';
import { sketchOf } from './distinct-users.js';

const RATE_SECONDS = 10;
const ACTIVE_MS = 5 * 60_000;
const MAX_ACTIVE = 200_000;
/** Latency classes grow by a fifth each: 0.5 ms to about a minute. */
const FIRST_CLASS_MS = 0.5;
const CLASS_GROWTH = 1.2;
const N_CLASSES = 64;
const N_SLICES = 5;
const SLICE_MS = 60_000;

interface Pace {
  readonly thumbsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly impressionsPerSecond: number;
  /** Pushes of the last five minutes by latency class. */
  readonly pushLatencies: readonly number[];
  /** Requests of the last five minutes, and the requests among them that failed on the server. */
  readonly requests: number;
  readonly faults: number;
}

type Kind = 'events' | 'thumbs' | 'impressions';

export class LiveMeter {
  /** By second modulo the window; `second` identifies the second that a slot holds. */
  private readonly slots = Array.from({ length: RATE_SECONDS + 1 }, () => ({
    second: -1,
    ...{ events: 0, thumbs: 0, impressions: 0 },
  }));
  /** Time of last activity by user, oldest first. */
  private readonly active = new Map<string, number>();
  /** By minute modulo the window; `slice` identifies the minute that an entry holds. */
  private readonly slices = Array.from({ length: N_SLICES }, () => ({ slice: -1, ...emptySlice() }));

  /** Since the process started. */
  readonly totals = { events: 0, thumbs: 0, impressions: 0 };

  constructor(private readonly clock: () => number) {}

  mark(kind: Kind, userId: string, count: number): void {
    const now = this.clock();
    const second = Math.floor(now / 1_000);
    const slot = this.slots[second % this.slots.length];
    if (slot.second !== second) Object.assign(slot, { second, events: 0, thumbs: 0, impressions: 0 });
    slot[kind] += count;
    this.totals[kind] += count;
    this.active.delete(userId);
    this.active.set(userId, now);
    if (this.active.size > MAX_ACTIVE) this.active.delete(this.active.keys().next().value as string);
  }

  /** Removes a user. */
  forget(userId: string): void {
    this.active.delete(userId);
  }

  markPush(latencyMs: number): void {
    this.currentSlice().latencies[classOf(latencyMs)] += 1;
  }

  markRequest(): void {
    this.currentSlice().requests += 1;
  }

  /** A request that failed on the server; it is marked by `markRequest` too. */
  markFault(): void {
    this.currentSlice().faults += 1;
  }

  /** Users with events or impressions in the last minutes. */
  get activeUsers(): number {
    this.forgetIdle();
    return this.active.size;
  }

  /** Sketch of the active users, which can be merged with the sketches of other instances. */
  activeSketch(): UserSketch {
    this.forgetIdle();
    return sketchOf(this.active.keys());
  }

  pace(): Pace {
    const now = this.clock();
    const second = Math.floor(now / 1_000);
    // The current second is left out: it is incomplete.
    const recent = this.slots.filter((slot) => slot.second < second && slot.second >= second - RATE_SECONDS);
    const rate = (kind: Kind) => recent.reduce((sum, slot) => sum + slot[kind], 0) / RATE_SECONDS;
    const slice = Math.floor(now / SLICE_MS);
    const slices = this.slices.filter((held) => held.slice > slice - N_SLICES);
    return {
      thumbsPerSecond: rate('thumbs'),
      eventsPerSecond: rate('events'),
      impressionsPerSecond: rate('impressions'),
      pushLatencies: sumOf(slices.map((held) => held.latencies)),
      requests: slices.reduce((sum, held) => sum + held.requests, 0),
      faults: slices.reduce((sum, held) => sum + held.faults, 0),
    };
  }

  private currentSlice(): ReturnType<typeof emptySlice> {
    const slice = Math.floor(this.clock() / SLICE_MS);
    const held = this.slices[slice % N_SLICES];
    if (held.slice !== slice) Object.assign(held, { slice, ...emptySlice() });
    return held;
  }

  private forgetIdle(): void {
    const before = this.clock() - ACTIVE_MS;
    for (const [userId, at] of this.active) {
      if (at >= before) return;
      this.active.delete(userId);
    }
  }
}

function emptySlice() {
  return { latencies: new Array<number>(N_CLASSES).fill(0), requests: 0, faults: 0 };
}

/** Adds up the latency classes of several meters. */
export function sumOf(histograms: readonly (readonly number[])[]): number[] {
  return Array.from({ length: N_CLASSES }, (_, i) => histograms.reduce((sum, row) => sum + (row[i] ?? 0), 0));
}

/** Latency percentile in milliseconds, accurate to a fifth; null without pushes. */
export function latencyAt(histogram: readonly number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rest = share * total;
  let index = 0;
  while (index < N_CLASSES - 1 && rest > histogram[index]) rest -= histogram[index++];
  const low = index === 0 ? 0 : FIRST_CLASS_MS * CLASS_GROWTH ** (index - 1);
  const high = FIRST_CLASS_MS * CLASS_GROWTH ** index;
  return low + ((high - low) * rest) / Math.max(1, histogram[index]);
}

function classOf(latencyMs: number): number {
  if (latencyMs <= FIRST_CLASS_MS) return 0;
  return Math.min(N_CLASSES - 1, Math.ceil(Math.log(latencyMs / FIRST_CLASS_MS) / Math.log(CLASS_GROWTH)));
}

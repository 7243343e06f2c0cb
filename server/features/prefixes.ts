/**
 * Stage 3, for persona calibration: a user's features after n signals and after 2n.
 *
 * Half of the users (by a hash of the id, so that a user stays in the same half) serve to fit a calibration, the rest
 * to evaluate it.
 */

import { PERSONA_SIGNALS } from '../domain/index.js';
import type { BehaviourEvent } from '../domain/index.js';

import { FEATURE_NAMES, featureRow } from './behaviour.js';
import type { FeatureRowOptions } from './behaviour.js';
import type { Catalogue } from './profile.js';
import { applyEvents, emptyProfile } from './profile.js';

/** Signal counts at which users are sampled: powers of the square root of two, times the minimum for a persona. */
const CHECKPOINTS = Array.from({ length: 12 }, (_, step) => Math.round(PERSONA_SIGNALS * 2 ** (step / 2)));

/** A row per user and checkpoint. */
export interface PrefixPairs {
  /** Int32Array [nPairs]: signals behind `before`. */
  readonly signals: Int32Array;
  /** Float64Array, row-major [nPairs, FEATURE_NAMES.length]: the features after that many signals. */
  readonly before: Float64Array;
  /** Float64Array, row-major [nPairs, FEATURE_NAMES.length]: the features after twice as many. */
  readonly after: Float64Array;
}

export type CalibrationHalf = 'fit' | 'judge';

/** The half of a user: FNV-1a over the id, independent of order and arrival time. */
export function calibrationHalf(userId: string): CalibrationHalf {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) & 1) === 0 ? 'fit' : 'judge';
}

/** Collects histories into pairs. */
export class PrefixCollector {
  private readonly signals: number[] = [];
  private readonly before: Float64Array[] = [];
  private readonly after: Float64Array[] = [];

  constructor(
    private readonly catalogue: Catalogue,
    private readonly isLongTail: FeatureRowOptions['isLongTail'],
  ) {}

  /** `events`: all events of a user, in ascending time. */
  add(userId: string, events: readonly BehaviourEvent[]): void {
    const rows = this.rowsOf(userId, events);
    for (const n of CHECKPOINTS) {
      const [before, after] = [rows.get(n), rows.get(2 * n)];
      if (before === undefined || after === undefined) continue;
      this.signals.push(n);
      this.before.push(before);
      this.after.push(after);
    }
  }

  build(): PrefixPairs {
    return { signals: Int32Array.from(this.signals), before: flat(this.before), after: flat(this.after) };
  }

  /** Feature rows by number of signals, computed as of the last of these signals. */
  private rowsOf(userId: string, events: readonly BehaviourEvent[]): Map<number, Float64Array> {
    const wanted = new Set(CHECKPOINTS.flatMap((n) => [n, 2 * n]));
    const rows = new Map<number, Float64Array>();
    let profile = emptyProfile(userId);
    let applied = 0;
    let signals = 0;
    events.forEach((event, place) => {
      signals = Math.max(0, signals + signalOf(event));
      if (!wanted.has(signals) || rows.has(signals)) return;
      profile = applyEvents(profile, events.slice(applied, place + 1), this.catalogue);
      applied = place + 1;
      rows.set(signals, featureRow(profile, { now: event.at, isLongTail: this.isLongTail }));
    });
    return rows;
  }
}

function signalOf({ type }: BehaviourEvent): number {
  if (type === 'impression') return 0;
  return type === 'retract' ? -1 : 1;
}

function flat(rows: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(rows.length * FEATURE_NAMES.length);
  rows.forEach((row, at) => values.set(row, at * FEATURE_NAMES.length));
  return values;
}

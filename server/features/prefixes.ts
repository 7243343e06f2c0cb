/**
 * Stage 3, for the calibration of personas: what a user's features were after n signals and after twice as many.
 *
 * Half of the users (by a hash of the id, so that a user stays in one half) serve to fit a calibration, the others to
 * judge it.
 */

import { PERSONA_SIGNALS } from '../domain/index.js';
import type { BehaviourEvent } from '../domain/index.js';

import { FEATURE_NAMES, featureRow } from './behaviour.js';
import type { FeatureRowOptions } from './behaviour.js';
import type { Catalogue } from './profile.js';
import { applyEvents, emptyProfile } from './profile.js';

/** Signals at which users are looked at: steps of the square root of two from the least a persona needs. */
const CHECKPOINTS = Array.from({ length: 12 }, (_, step) => Math.round(PERSONA_SIGNALS * 2 ** (step / 2)));

/** One row per user and checkpoint. */
export interface PrefixPairs {
  /** Int32Array [nPairs]: signals behind `before`. */
  readonly signals: Int32Array;
  /** Float64Array, row-major [nPairs, FEATURE_NAMES.length]: the features after so many signals. */
  readonly before: Float64Array;
  /** The same after twice as many. */
  readonly after: Float64Array;
}

export type CalibrationHalf = 'fit' | 'judge';

/** Which half a user belongs to: FNV-1a over the id, so that neither order nor time of arrival matters. */
export function calibrationHalf(userId: string): CalibrationHalf {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) & 1) === 0 ? 'fit' : 'judge';
}

/** Collects users' histories into pairs. */
export class PrefixCollector {
  private readonly signals: number[] = [];
  private readonly before: Float64Array[] = [];
  private readonly after: Float64Array[] = [];

  constructor(
    private readonly catalogue: Catalogue,
    private readonly isLongTail: FeatureRowOptions['isLongTail'],
  ) {}

  /** `events`: one user's, in ascending time. */
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

  /** Feature rows by the number of signals behind them, as of the moment of the last one. */
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

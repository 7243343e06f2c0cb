/**
 * Calibration of distances to probabilities: how likely a user keeps a persona when the number of signals doubles.
 *
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955), one-vs-rest, as Zadrozny and Elkan
 * ("Transforming classifier scores into accurate multiclass probability estimates", KDD 2002) calibrate classifiers.
 * Differences: all personas share a curve, there is a curve per number of signals with linear interpolation in between,
 * and blocks are smoothed by Jeffreys' prior so that no probability is 0 or 1.
 */

import { InvalidShapeError } from '../errors.js';

/** Frozen, JSON-serialisable. */
export interface Calibration {
  /** Ascending in `signals`, not empty. */
  readonly curves: readonly CalibrationCurve[];
}

export interface CalibrationCurve {
  /** Signals of the users it was fitted to. */
  readonly signals: number;
  /** Ascending, not empty. See `marginOf`. */
  readonly margins: readonly number[];
  /** Same length, non-decreasing, between 0 and 1. */
  readonly probabilities: readonly number[];
}

/** Margins of every persona after n signals, and the persona after 2n. p pairs, k personas. */
export interface CalibrationPairs {
  /** Int32Array [p]. */
  readonly signals: Int32Array;
  /** Float64Array, row-major [p, k]: see `marginOf`. */
  readonly margins: Float64Array;
  /** Int32Array [p], 0 to k - 1: the persona after twice the signals. */
  readonly later: Int32Array;
}

/** Min number of users to fit a curve. */
const MIN_PAIRS = 100;
/** Max number of initial blocks before pooling, on each side of margin 0. */
const MAX_BLOCKS = 40;
const MIN_BLOCK = 20;

/**
 * Margin of a persona: how much nearer it is than any other, in units of `temperature`; positive only for the nearest.
 * `distances` is Float64Array [k], squared; Infinity for a single persona.
 */
export function marginOf(distances: Float64Array, persona: number, temperature: number): number {
  let other = Infinity;
  for (let c = 0; c < distances.length; c++) if (c !== persona) other = Math.min(other, distances[c]);
  return (other - distances[persona]) / temperature;
}

/** Null if no number of signals has enough pairs. Throws InvalidShapeError for inconsistent array lengths. */
export function fitCalibration({ signals, margins, later }: CalibrationPairs): Calibration | null {
  const k = signals.length === 0 ? 0 : margins.length / signals.length;
  if (later.length !== signals.length || !Number.isInteger(k)) {
    throw new InvalidShapeError(
      `${signals.length} signals, ${later.length} later personas and ${margins.length} margins do not make pairs.`,
    );
  }
  const bySignals = new Map<number, number[]>();
  signals.forEach((n, pair) => bySignals.set(n, [...(bySignals.get(n) ?? []), pair]));
  const curves = [...bySignals]
    .filter(([, pairs]) => k > 1 && pairs.length >= MIN_PAIRS)
    .sort(([a], [b]) => a - b)
    .map(([n, pairs]) => {
      const points = pairs.flatMap((pair) =>
        Array.from({ length: k }, (_, persona) => ({
          margin: margins[pair * k + persona],
          isKept: later[pair] === persona,
        })),
      );
      return Object.freeze({ signals: n, ...fitIsotonic(points) });
    });
  return curves.length === 0 ? null : Object.freeze({ curves: Object.freeze(curves) });
}

/**
 * Probability that a user with this margin and number of signals keeps the persona, 0..1. Beyond the ends of the
 * curves, the outermost value is used.
 */
export function calibrated({ curves }: Calibration, margin: number, signals: number): number {
  const above = curves.findIndex((curve) => curve.signals >= signals);
  if (above === 0) return valueAt(curves[0], margin);
  if (above < 0) return valueAt(curves[curves.length - 1], margin);
  const [lower, upper] = [curves[above - 1], curves[above]];
  // Interpolate on the logarithm, since doubling matters as much at 10 signals as at 100.
  const share = Math.log(signals / lower.signals) / Math.log(upper.signals / lower.signals);
  return (1 - share) * valueAt(lower, margin) + share * valueAt(upper, margin);
}

function valueAt({ margins, probabilities }: CalibrationCurve, margin: number): number {
  const last = margins.length - 1;
  if (margin <= margins[0]) return probabilities[0];
  if (margin >= margins[last]) return probabilities[last];
  const above = margins.findIndex((at) => at >= margin);
  const share = (margin - margins[above - 1]) / (margins[above] - margins[above - 1]);
  return probabilities[above - 1] + share * (probabilities[above] - probabilities[above - 1]);
}

/** Adjacent points with a common probability. */
interface Block {
  readonly low: number;
  readonly high: number;
  readonly kept: number;
  readonly size: number;
}

interface Point {
  readonly margin: number;
  readonly isKept: boolean;
}

/** A non-decreasing curve through the points, flat within a block. `points` must not be empty. */
function fitIsotonic(points: readonly Point[]): Pick<CalibrationCurve, 'margins' | 'probabilities'> {
  const sides = [points.filter(({ margin }) => margin <= 0), points.filter(({ margin }) => margin > 0)];
  const blocks = pool(
    pool(sides.flatMap(blocksOf), ({ kept, size }) => kept / size),
    smoothed,
  );
  return {
    margins: Object.freeze(blocks.flatMap(({ low, high }) => (low < high ? [low, high] : [low]))),
    probabilities: Object.freeze(
      blocks.flatMap((block) =>
        block.low < block.high ? [smoothed(block), smoothed(block)] : [smoothed(block)],
      ),
    ),
  };
}

/** Merges neighbours until `valueOf` rises from block to block. */
function pool(blocks: readonly Block[], valueOf: (block: Block) => number): Block[] {
  const pooled: Block[] = [];
  for (const block of blocks) {
    let next = block;
    for (
      let last = pooled.at(-1);
      last !== undefined && valueOf(last) >= valueOf(next);
      last = pooled.at(-1)
    ) {
      pooled.pop();
      next = {
        ...{ low: last.low, high: next.high },
        ...{ kept: last.kept + next.kept, size: last.size + next.size },
      };
    }
    pooled.push(next);
  }
  return pooled;
}

/** Blocks in ascending order with about equally many points each. */
function blocksOf(points: readonly Point[]): Block[] {
  const sorted = [...points].sort((a, b) => a.margin - b.margin);
  const n = sorted.length;
  const nBlocks = n === 0 ? 0 : Math.max(1, Math.min(MAX_BLOCKS, Math.floor(n / MIN_BLOCK)));
  return Array.from({ length: nBlocks }, (_, b) => {
    const rows = sorted.slice(Math.floor((b * n) / nBlocks), Math.floor(((b + 1) * n) / nBlocks));
    const kept = rows.filter(({ isKept }) => isKept).length;
    return { low: rows[0].margin, high: rows[rows.length - 1].margin, kept, size: rows.length };
  });
}

/** Posterior mean under Jeffreys' prior: never 0, never 1. */
function smoothed({ kept, size }: Block): number {
  return (kept + 0.5) / (size + 1);
}

/** A row of a reliability table: pairs with a confidence within [low, high). */
export interface ReliabilityRow {
  readonly low: number;
  readonly high: number;
  readonly nPairs: number;
  /** Means over the pairs: the stated confidence and the share that kept the persona. 0 without pairs. */
  readonly said: number;
  readonly kept: number;
  /** Wilson's 95 % interval of `kept`; 0 to 1 without pairs. */
  readonly keptLow: number;
  readonly keptHigh: number;
}

/** Bounds of the rows: steps of a tenth centred on round figures, so that "90 % sure" is a row. */
const RELIABILITY_BOUNDS = [0, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1];

/** `said`: Float64Array [n], stated confidence, 0..1; `isKept`: outcome per pair. Throws InvalidShapeError. */
export function reliabilityOf(said: Float64Array, isKept: readonly boolean[]): ReliabilityRow[] {
  if (said.length !== isKept.length)
    throw new InvalidShapeError(`${said.length} confidences and ${isKept.length} outcomes do not match.`);
  return RELIABILITY_BOUNDS.slice(1).map((high, row) => {
    const low = RELIABILITY_BOUNDS[row];
    const isLast = row === RELIABILITY_BOUNDS.length - 2;
    const pairs = [...said.keys()].filter((pair) => said[pair] >= low && (said[pair] < high || isLast));
    const nKept = pairs.filter((pair) => isKept[pair]).length;
    const sum = pairs.reduce((total, pair) => total + said[pair], 0);
    const n = pairs.length;
    return {
      low,
      high,
      nPairs: n,
      said: n === 0 ? 0 : sum / n,
      kept: n === 0 ? 0 : nKept / n,
      ...wilson(nKept, n),
    };
  });
}

/** Wilson 1927. */
function wilson(successes: number, n: number): { keptLow: number; keptHigh: number } {
  if (n === 0) return { keptLow: 0, keptHigh: 1 };
  const z2 = 1.96 ** 2;
  const share = successes / n;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (1.96 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { keptLow: Math.max(0, centre - half), keptHigh: Math.min(1, centre + half) };
}

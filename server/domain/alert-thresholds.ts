/** Thresholds beyond which alerts are raised, and their ranges. */

import type { DriftThresholds } from './drift.js';
import { InvalidInputError } from './errors.js';

export interface AlertThresholds extends DriftThresholds {
  /** Relative loss of quality with which a new version is held back. */
  readonly guardTolerance: number;
  /** Relative loss of the hit rate of the active version against the version before. */
  readonly hitRateLoss: number;
}

/** Thresholds to set; null restores the default. */
export type ThresholdChange = { readonly [Name in keyof AlertThresholds]?: number | null };

/** Lowest and highest values. */
const RANGES: Readonly<Record<keyof AlertThresholds, readonly [number, number]>> = {
  psi: [0.01, 10],
  centroid: [0.01, 10],
  share: [0.01, 1],
  guardTolerance: [-1, 1],
  hitRateLoss: [0.01, 1],
};

/** Throws InvalidInputError for a threshold outside its range. */
export function checkThresholds(change: ThresholdChange): void {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = change[name as keyof AlertThresholds];
    if (value != null && !(value >= least && value <= most))
      throw new InvalidInputError(`"${name}" must be from ${least} to ${most}.`, name);
  }
}

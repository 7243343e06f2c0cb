/**
 * Progress of a run as a whole, from its stage: weighted by the stage times of the last run, or by typical times.
 */

import type { TrainingStage } from '../../domain/index.js';
import { TRAINING_STAGES } from '../../domain/index.js';

/** Milliseconds on the synthetic data set; only their proportions matter. */
const USUAL: Readonly<Record<TrainingStage, number>> = {
  load: 2_500,
  features: 300,
  personas: 3_000,
  fit: 7_000,
  evaluate: 2_000,
  publish: 1_000,
  reassign: 1_500,
};

export class StageShares {
  private readonly times: Readonly<Record<TrainingStage, number>>;

  /** `timingsMs`: of an earlier run; missing stages use the typical times. */
  constructor(timingsMs: Readonly<Partial<Record<string, number>>>) {
    this.times = { ...USUAL, ...timingsMs };
  }

  /** Progress of the whole run, 0..1. */
  progressAt(stage: TrainingStage, fraction: number): number {
    const total = TRAINING_STAGES.reduce((sum, name) => sum + this.times[name], 0);
    const before = TRAINING_STAGES.slice(0, TRAINING_STAGES.indexOf(stage));
    const done = before.reduce((sum, name) => sum + this.times[name], 0) + this.times[stage] * fraction;
    return total === 0 ? 0 : Math.min(1, done / total);
  }
}

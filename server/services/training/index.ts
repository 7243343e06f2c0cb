/** Training runs: leases, the weekly retrain, activation and re-assignment, drift, evaluation. */

export { DRIFT_THRESHOLDS, DriftService } from './drift.service.js';
export {
  EvaluationService,
  MIN_HELD_OUT,
  PAPER_USERS,
  evaluateVersion,
  holdOutForTable,
} from './evaluation.service.js';
export type { EvaluatedGroup, EvaluationReport } from './evaluation.service.js';
export { waitForLease } from './job-lease.js';
export type { HeldLease } from './job-lease.js';
export { ModelService } from './model.service.js';
export { Reassignment } from './reassignment.js';
export { createRetraining } from './retraining.js';
export { TrainingService } from './training.service.js';
export { HIT_RATE_LOSS } from './quality.js';

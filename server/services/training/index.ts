/** Training runs: leases, the weekly retrain, activation and re-assignment, drift, evaluation. */

export { DriftService } from './drift.service.js';
export { EvaluationService, MIN_HELD_OUT, PAPER_USERS, evaluateVersion } from './evaluation.service.js';
export type { EvaluatedGroup, EvaluationReport } from './evaluation.service.js';
export { waitForLease } from './job-lease.js';
export type { HeldLease } from './job-lease.js';
export { ModelService } from './model.service.js';
export { Reassignment } from './reassignment.js';
export { createRetraining } from './retraining.js';
export { TrainingService } from './training.service.js';

/**
 * Training as pure functions: fit, evaluate, decide on promotion.
 */

export { refusalOf } from './promotion-gate.js';
export type { ActiveVersion } from './promotion-gate.js';
export { runTrainingTask, transferablesOf } from './training-task.js';
export type {
  TrainingCluster,
  TrainingInput,
  TrainingNoise,
  TrainingProgress,
  TrainingResult,
} from './training-task.js';

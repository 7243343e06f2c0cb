export type { Job } from './job.js';
export { createDriftJob } from './drift.job.js';
export { createRetrainJob } from './retrain.job.js';

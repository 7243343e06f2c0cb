export type { Job } from './job.js';
export { createRetrainJob } from './retrain.job.js';

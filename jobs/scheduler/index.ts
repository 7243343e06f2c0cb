export type { Scheduler } from './scheduler.js';
export { isSchedule, startScheduler } from './scheduler.js';

export type { Scheduler, SchedulerOptions } from './scheduler.js';
export { isSchedule, startScheduler } from './scheduler.js';
export { lastSlot } from './slots.js';

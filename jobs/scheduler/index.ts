export type { Scheduler, SchedulerOptions } from './scheduler.js';
export { isSchedule, startScheduler } from './scheduler.js';
export { lastSlot, nextSlot } from './slots.js';

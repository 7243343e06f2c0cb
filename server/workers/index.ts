/**
 * Runs training off the event loop.
 */

export { createInlineTrainer, createThreadTrainer } from './trainer.js';
export type { Trainer } from './trainer.js';

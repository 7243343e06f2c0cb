/**
 * Runs training off the event loop.
 */

export { createInlineTrainer, createThreadTrainer } from './trainer.js';
export type { ClusterArray, ClusterMessage, ClusterSession } from './cluster-calls.js';
export type { RowIds, Trainer } from './trainer.js';

/** Runs learning off the event loop. */

export type { TrainOptions, Trainer } from './trainer.js';
export { createInlineTrainer, createThreadTrainer } from './trainer.js';
export type { ActiveVersion } from './guard.js';
export { refusalOf } from './guard.js';
export type { TrainingInput, TrainingResult } from './training-task.js';

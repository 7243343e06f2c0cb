/** Shows a training run as a progress bar. */

import type { TrainingRun } from '../domain/index.js';

import { createProgress } from './progress.js';

/** Shows the progress of a run and resolves with its final state. `progress`: default on standard error. */
export async function reportTraining(
  start: (onProgress: (run: TrainingRun) => void) => Promise<TrainingRun>,
  progress = createProgress({ title: 'Training' }),
): Promise<TrainingRun> {
  const run = await start(({ progress: fraction, stage }) => progress.update(fraction, stage));
  const outcome =
    run.state === 'succeeded' ? `model version ${run.modelVersion}` : `${run.state}: ${run.error}`;
  progress.done(outcome);
  return run;
}

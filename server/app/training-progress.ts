/** A training run as a progress bar. */

import type { TrainingRun } from '../domain/index.js';

import { createProgress } from './progress.js';

/** Shows `run` while it goes on and gives its end. */
export async function reportTraining(
  start: (onProgress: (run: TrainingRun) => void) => Promise<TrainingRun>,
): Promise<TrainingRun> {
  const progress = createProgress({ title: 'Training' });
  const run = await start(({ progress: fraction, stage }) => progress.update(fraction, stage));
  const outcome =
    run.state === 'succeeded' ? `model version ${run.modelVersion}` : `${run.state}: ${run.error}`;
  progress.done(outcome);
  return run;
}

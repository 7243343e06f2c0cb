/** The tasks that threads share, by name: a thread receives the name and the input of a task. */
import { kMeansTask, silhouetteTask } from './clustering/index.js';
import { judgeTask } from './evaluation/index.js';
import { audienceTask, measureTask, scoreTask } from './factorization/index.js';
import { InvalidShapeError } from './errors.js';

import type { SharedTask } from './kernels/index.js';

const TASKS = [
  kMeansTask,
  silhouetteTask,
  scoreTask,
  measureTask,
  audienceTask,
  judgeTask,
] as readonly SharedTask<unknown>[];

/** Throws InvalidShapeError for an unknown task. */
export function runSharedPart(task: string, input: unknown, part: number): void {
  const known = TASKS.find(({ name }) => name === task);
  if (known === undefined) throw new InvalidShapeError(`There is no task ${task}.`);
  known.run(input, part);
}

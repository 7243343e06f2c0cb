/** `npm run retrain`: runs the weekly job immediately. */

import { InsufficientDataError } from '../../domain/index.js';
import { reportTraining } from '../training-progress.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'retrain',
  summary:
    'Trains a new model version from all stored events, as the weekly job does, and activates it unless it is worse.',
  options: {},
};

runWithApplication(command, async ({ container, store }) => {
  const { training, audit } = container.services;
  const run = await audit.run(
    { actor: { kind: 'command', name: 'retrain' }, action: 'retrain', target: null },
    () => reportTraining((onProgress) => training.run('command', onProgress)),
    ({ runId, state }) => ({ target: runId, outcome: state === 'succeeded' ? 'done' : 'failed' }),
  );
  if (run.state !== 'succeeded') throw new InsufficientDataError(`The retrain ${run.state}: ${run.error}`);
  const model = (await store.models.find(run.modelVersion!))!;
  process.stdout.write(`Model version ${model.version}: ${model.k} personas\n`);
  if (model.reason !== null) process.stdout.write(`Held back: ${model.reason}\n`);
  for (const { label, share, silhouette } of model.personas) {
    process.stdout.write(
      `  ${label.padEnd(24)} ${(share * 100).toFixed(1).padStart(5)} %  silhouette ${silhouette.toFixed(3)}\n`,
    );
  }
  process.stdout.write(
    model.judgedBy === null
      ? 'Quality: - (no user has liked, bought or viewed two items, so nothing can be held out)\n'
      : `Quality on held-out ${model.judgedBy}s:\n`,
  );
  for (const [name, { value, low, high }] of Object.entries(model.metrics)) {
    process.stdout.write(
      `  ${name.padEnd(24)} ${value.toFixed(4)}  [${low.toFixed(4)}, ${high.toFixed(4)}]\n`,
    );
  }
});

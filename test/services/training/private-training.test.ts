/** Training with differential privacy, from the setting to the version that says so. */

import { expect, it } from 'vitest';

import { smallWorld } from '../../support/small-world.js';

it('a version that is trained with privacy says so, serves lists, and starts no search of a later one', async () => {
  const trainingPrivacy = { epsilon: 10, delta: 1e-6 };
  const { container, another } = await smallWorld({ nUsers: 200, trainingPrivacy });
  await container.training.run('command');
  const model = (await container.services.models.model(1))!;
  expect(model.trainingPrivacy).toEqual(trainingPrivacy);
  expect(model.hyperParameters).toMatchObject({ nComponents: 16, sequenceWeight: 0 });
  expect(model.metrics['ndcg@10'].value).toBeGreaterThan(0);
  const [user] = (await container.services.users.demoUsers(1)).map(({ userId }) => userId);
  const { items } = await container.services.recommendations.recommend({ userId: user, first: 10 });
  expect(items).toHaveLength(10);

  const report = await container.evaluation.run({ truth: null });
  expect(report.trainingPrivacy).toEqual(trainingPrivacy);
  await container.stop();

  const open = another({ trainingPrivacy: null });
  await open.start();
  await open.training.run('command');
  const next = (await open.services.models.model(2))!;
  expect(next.trainingPrivacy).toBeNull();
  expect(next.hyperParameters['nComponents']).toBe(64);
  await open.stop();
}, 120_000);

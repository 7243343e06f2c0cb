/** `npm run rebuild`: profiles and counters again from the record, after a crash or a doubt. */

import { createProgress } from '../progress.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'rebuild',
  summary:
    'Computes profiles and counters again from the stored events; best while no server receives events.',
  options: {},
};

runWithApplication(command, async ({ container, store }) => {
  const progress = createProgress({ title: 'Rebuilding' });
  const total = Math.max(1, await store.users.count());
  const { nUsers, nEvents, nBuckets } = await container.rebuilder.run((done) =>
    progress.update(Math.min(1, done / total), `${done.toLocaleString('en')} users`),
  );
  progress.done();
  process.stdout.write(
    `Rebuilt from ${nEvents.toLocaleString('en')} events: ${nUsers.toLocaleString('en')} profiles, ${nBuckets.toLocaleString('en')} buckets of counters\n`,
  );
});

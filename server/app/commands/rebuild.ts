/** `npm run rebuild`: recomputes profiles and counters from recorded events. */

import { createProgress } from '../progress.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'rebuild',
  summary: 'Recomputes profiles and counters from the stored events; run it while no server receives events.',
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

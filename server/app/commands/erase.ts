/** `npm run erase -- --user RAWID`: removes everything held about one user, and prints the receipt. */

import { required } from '../options.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'erase',
  summary:
    'Removes everything held about one user, in the database and in running servers, and prints a receipt.',
  options: { user: required('RAWID', "The user's id in your own system.") },
  examples: ['npm run erase -- --user 4711'],
};

runWithApplication(command, async ({ container, pseudonymize }, { user }) => {
  const userId = pseudonymize(user);
  const receipt = await container.services.userData.erase(userId);
  process.stdout.write(
    receipt === null
      ? 'Nothing is held about this user.\n'
      : `${JSON.stringify(
          {
            ...receipt,
            requestedAt: new Date(receipt.requestedAt).toISOString(),
            completedAt: new Date(receipt.completedAt).toISOString(),
            until: receipt.until === null ? null : new Date(receipt.until).toISOString(),
          },
          null,
          2,
        )}\n`,
  );
});

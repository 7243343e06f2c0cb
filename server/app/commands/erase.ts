/** `npm run erase -- --user RAWID [--dry-run]`: removes all data of a user, and prints the receipt. */

import { flag, required } from '../options.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'erase',
  summary: 'Removes all data of a user, in the database and in running servers, and prints a receipt.',
  options: {
    user: required('RAWID', "The user's id in your own system."),
    'dry-run': flag('Prints the number of rows that would be removed, and removes nothing.'),
  },
  examples: ['npm run erase -- --user 4711 --dry-run', 'npm run erase -- --user 4711'],
};

runWithApplication(command, async ({ container, pseudonymize }, { user, 'dry-run': isDryRun }) => {
  const userId = pseudonymize(user);
  if (isDryRun) {
    const wouldRemove = await container.services.userData.erasable(userId);
    process.stdout.write(
      wouldRemove === null
        ? 'No data are stored about this user.\n'
        : `${JSON.stringify({ userId, wouldRemove }, null, 2)}\nDry run: nothing was removed.\n`,
    );
    return;
  }
  const { userData, audit } = container.services;
  const receipt = await userData.erase(userId);
  if (receipt !== null) {
    const actor = { kind: 'command', name: 'erase' } as const;
    await audit.record({ actor, action: 'erase-user', target: receipt.receiptId, outcome: 'done' });
  }
  process.stdout.write(
    receipt === null
      ? 'No data are stored about this user.\n'
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

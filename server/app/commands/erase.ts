/** `npm run erase -- --user RAWID`: removes everything held about one user, and prints the receipt. */

import { parseOptions, required, runWithApplication } from './command.js';

const USAGE = 'npm run erase -- --user RAWID';

runWithApplication(async ({ container, pseudonymize }) => {
  const options = parseOptions(USAGE, { user: { type: 'string' } });
  const userId = pseudonymize(required(options.user, 'user', USAGE));
  const receipt = await container.services.userData.erase(userId);
  process.stdout.write(
    receipt === null
      ? 'Nothing is held about this user.\n'
      : `${JSON.stringify(
          {
            ...receipt,
            requestedAt: new Date(receipt.requestedAt).toISOString(),
            completedAt: new Date(receipt.completedAt).toISOString(),
          },
          null,
          2,
        )}\n`,
  );
});

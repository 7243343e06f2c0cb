/** `npm run export-user -- --user RAWID [--out FILE]`: everything held about one user, as JSON. */

import { writeFile } from 'node:fs/promises';

import { parseOptions, required, runWithApplication } from './command.js';

const USAGE = 'npm run export-user -- --user RAWID [--out FILE]';

runWithApplication(async ({ container, pseudonymize }) => {
  const options = parseOptions(USAGE, { user: { type: 'string' }, out: { type: 'string' } });
  const userId = pseudonymize(required(options.user, 'user', USAGE));
  const data = await container.services.userData.export(userId);
  if (data === null) {
    process.stderr.write('Nothing is held about this user.\n');
    return;
  }
  const text = `${JSON.stringify(data, null, 2)}\n`;
  if (options.out === undefined) process.stdout.write(text);
  else await writeFile(options.out, text, { mode: 0o600 });
});

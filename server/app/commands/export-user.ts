/** `npm run export-user -- --user RAWID [--out FILE]`: exports all data of a user as JSON. */

import { writeFile } from 'node:fs/promises';

import { optional, required } from '../options.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'export-user',
  summary: 'Prints all data of a user as JSON, and notes that in the audit log. Changes nothing else.',
  options: {
    user: required('RAWID', "The user's id in your own system."),
    out: optional('FILE', 'Writes to this file, readable by its owner only, instead of standard output.'),
  },
  examples: ['npm run export-user -- --user 4711 --out user.json'],
};

runWithApplication(command, async ({ container, pseudonymize }, options) => {
  const userId = pseudonymize(options.user);
  const { userData, audit } = container.services;
  const actor = { kind: 'command', name: 'export-user' } as const;
  const data = await audit.run(
    { actor, action: 'export-user', target: userId },
    () => userData.export(userId),
    (found) => (found === null ? { outcome: 'refused' } : {}),
  );
  if (data === null) {
    process.stderr.write('No data are stored about this user.\n');
    return;
  }
  const text = `${JSON.stringify(data, null, 2)}\n`;
  if (options.out === undefined) process.stdout.write(text);
  else await writeFile(options.out, text, { mode: 0o600 });
});

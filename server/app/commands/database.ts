/** `npm run database`: builds the fast server of the embedded database, once, into the user's cache. */

import { buildSecantusRust } from '../../database/index.js';
import { createProgress, type Progress } from '../progress.js';
import { readDatabaseSettings, readEnvironment } from '../settings.js';

import { runCommand } from './command.js';

const command = {
  name: 'database',
  summary:
    'Builds the fast server of the embedded database (SecantusDB in Rust) with cargo, in about ten minutes, into the cache' +
    ' folder of this product. Later starts prefer it to the server in Python, on the same data. It needs Rust, a C' +
    ' compiler, cmake and access to crates.io.',
  options: {},
  examples: ['npm run database'],
};

runCommand(command, async () => {
  const settings = readDatabaseSettings(readEnvironment());
  let progress: Progress | null = null;
  const { program, isBuilt } = await buildSecantusRust(settings, (fraction, detail) => {
    progress ??= createProgress({ title: 'Building the database' });
    progress.update(fraction, detail);
  });
  (progress as Progress | null)?.done();
  process.stdout.write(isBuilt ? `Built ${program}\n` : `Already built: ${program}\n`);
});

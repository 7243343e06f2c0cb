/** `npm run doctor [-- --json]`: checks the installation and prints a table with advice. */

import { diagnose, type Finding } from '../diagnosis.js';
import { createLog } from '../log.js';
import { EXIT, flag } from '../options.js';
import { readEnvironment } from '../settings.js';

import { runCommand } from './command.js';

const command = {
  name: 'doctor',
  summary:
    'Checks settings, keys, disk, database, clock, stored data and the active model, and says what to do. It changes no' +
    ' data, and may run beside a server. Exit code 1: at least one check is FAIL.',
  options: { json: flag('Prints JSON instead of a table.') },
  examples: ['npm run doctor', 'npm run --silent doctor -- --json'],
};

runCommand(command, async ({ json: isJson }) => {
  const findings = await diagnose({
    env: readEnvironment(),
    log: createLog({ logLevel: 'error' }),
    clock: Date.now,
    onProgress: (message) => process.stderr.write(`${message}\n`),
  });
  const isHealthy = findings.every(({ verdict }) => verdict !== 'FAIL');
  process.stdout.write(
    isJson ? `${JSON.stringify({ isHealthy, findings }, null, 2)}\n` : findings.map(rowOf).join(''),
  );
  return isHealthy ? EXIT.done : EXIT.failed;
});

function rowOf({ check, verdict, detail, advice }: Finding): string {
  const row = `${verdict.padEnd(5)} ${check.padEnd(24)} ${detail.replaceAll('\n', ' ')}\n`;
  return advice === null ? row : `${row}${' '.repeat(31)}-> ${advice}\n`;
}

/**
 * `npm run test:newest-node`: runs the unit tests on the newest Node that npm can install. Skips with a reason and exit
 * code 0 if the registry has no build for this machine or does not answer. An argument selects a version:
 * `npm run test:newest-node -- 22`.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const wanted = process.argv[2] ?? 'latest';
const name = `node-${process.platform}-${process.arch}`;
const folder = mkdtempSync(join(tmpdir(), 'smartpersona-node-'));
process.exitCode = main();
rmSync(folder, { recursive: true, force: true });

function main() {
  const options = ['--no-save', '--no-audit', '--no-fund', '--silent', '--prefix', folder];
  const install = spawnSync('npm', ['install', ...options, `${name}@${wanted}`], { encoding: 'utf8' });
  const node = join(folder, 'node_modules', name, 'bin', 'node');
  if (install.status !== 0 || !existsSync(node)) {
    const reason =
      install.error?.message ?? (install.stderr.trim().split('\n').at(-1) || 'installation failed');
    process.stdout.write(`Skipped: npm cannot install ${name}@${wanted}: ${reason}\n`);
    return 0;
  }
  process.stdout.write(`Unit tests on Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout}`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts'];
  return spawnSync(node, [...vitest, '--project', 'unit'], { stdio: 'inherit' }).status ?? 1;
}

/**
 * SecantusDB, a MongoDB-compatible server on WiredTiger from PyPI, in a Python environment of its own below
 * node_modules/.cache, so that it is installed once per installation of this product and goes with it.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../package.js';

import type { ServerProgram } from './server-program.js';

export const SECANTUS_VERSION = '0.7.0b3';
export const SECANTUS_FOLDER = 'secantusdb';

const PYTHONS = ['python3', 'python'];
const INSTALL_MS = 300_000;
const TOLD_CHARACTERS = 400;

/** Resolves with the path of the program, installed first where needed. Rejects with what is missing. */
export async function installSecantus(onProgress: (message: string) => void): Promise<string> {
  const cacheDir = join(packageRoot(), 'node_modules', '.cache', 'smartpersona');
  const home = join(cacheDir, `secantusdb-${SECANTUS_VERSION}`);
  const program = join('bin', 'secantusd-py');
  if (existsSync(join(home, program))) return join(realpathSync(home), program);

  onProgress(`Installing SecantusDB ${SECANTUS_VERSION} (once, about a minute)`);
  mkdirSync(cacheDir, { recursive: true });
  // An environment cannot be moved, so it is made where it stays; a link that appears when it is complete points
  // to it. Of two installers at once the first to link wins, and the other's work is thrown away.
  const environment = `${home}.${process.pid}.${Date.now()}`;
  try {
    await run(await findPython(), ['-m', 'venv', environment]);
    const pip = ['-m', 'pip', 'install', '--no-input', '--quiet', '--disable-pip-version-check'];
    await run(join(environment, 'bin', 'python'), [...pip, `SecantusDB==${SECANTUS_VERSION}`]);
    await run(join(environment, program), ['--help']);
  } catch (error) {
    rmSync(environment, { recursive: true, force: true });
    throw error;
  }
  try {
    if (!existsSync(join(home, program))) rmSync(home, { force: true });
    symlinkSync(environment, home);
  } catch (error) {
    rmSync(environment, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return join(realpathSync(home), program);
}

export function secantusProgram(command: string, dataDir: string): ServerProgram {
  const storagePath = join(dataDir, SECANTUS_FOLDER);
  const configPath = join(dataDir, 'secantusdb.toml');
  return {
    command,
    storagePath,
    logPath: join(dataDir, 'database.log'),
    args: (port) => {
      // Named, so that no configuration lying about in a home folder is found instead.
      writeFileSync(configPath, '# All settings are given on the command line.\n');
      return [
        ...['--config', configPath, '--host', '127.0.0.1', '--port', String(port)],
        ...['--storage-path', storagePath, '--log-level', 'WARNING'],
      ];
    },
  };
}

async function findPython(): Promise<string> {
  for (const name of PYTHONS) {
    const isFit = await run(name, [
      '-c',
      'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))',
    ]).then(
      () => true,
      () => false,
    );
    if (isFit) return name;
  }
  throw new Error('no Python 3.10 or newer with venv and pip on PATH (on Debian: apt install python3-venv)');
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: INSTALL_MS }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else {
        const told = (stderr || stdout || error.message).trim().slice(-TOLD_CHARACTERS);
        reject(new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${told}`));
      }
    });
  });
}

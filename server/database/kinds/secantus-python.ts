/**
 * SecantusDB, a MongoDB-compatible server on WiredTiger from PyPI, for trying the product out. It is installed into a
 * separate Python environment in the user's cache, so that `npm ci` does not remove it: existing data need it again.
 */

import { execFile } from 'node:child_process';
import { existsSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { programFolder } from '../program-folder.js';

import type { EmbeddedKind } from './kind.js';
import { runsSecantus } from './secantus.js';

const VERSION = '0.7.0b3';

/** The package and its dependencies, in versions that have wheels for each of the Pythons below. */
const REQUIREMENTS = [
  `SecantusDB==${VERSION}`,
  'dnspython==2.8.0',
  'future==1.0.0',
  'numpy==2.2.6',
  'pymongo==4.18.3',
  'python-dateutil==2.9.0.post0',
  's2sphere==0.2.5',
  'shapely==2.1.2',
  'six==1.17.0',
  'tomli==2.2.1; python_version < "3.11"',
];
/** Versions with a wheel: otherwise pip would compile WiredTiger for many minutes, and fail on most machines. */
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
const IS_FIT = 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))';
const INSTALL_MS = 300_000;
const TOLD_CHARACTERS = 400;

export const secantusPython: EmbeddedKind = {
  kind: 'secantusdb',
  label: 'SecantusDB in Python (for trying out; your own data belong in MongoDB, see MONGODB_URI)',
  needs: 'install Python 3.10, 3.11, 3.12 or 3.13 with venv and pip, and let it reach PyPI',
  ...runsSecantus,
  hint: 'This database server is slow under load. `npm run database` builds a fast one for the same data, once.',
  obtain: (places, onProgress) => installSecantus(onProgress, programFolder(places)),
};

/** Resolves with the path of the program, after installing it in `folder` if needed. Rejects with the failure. */
async function installSecantus(onProgress: (message: string) => void, folder: string): Promise<string> {
  const home = join(folder, `secantusdb-${VERSION}`);
  const program = join('bin', 'secantusd-py');
  if (existsSync(join(home, program))) return join(realpathSync(home), program);

  onProgress(`Installing SecantusDB ${VERSION} (once, about a minute)`);
  // An environment cannot be moved, so it is created in its final folder, and a link is made when it is complete.
  // Of two concurrent installers the first to link wins, and the second deletes its environment.
  const environment = `${home}.${process.pid}.${Date.now()}`;
  try {
    await run(await findPython(), ['-m', 'venv', environment]);
    const pip = ['-m', 'pip', 'install', '--no-input', '--quiet', '--disable-pip-version-check'];
    await run(join(environment, 'bin', 'python'), [...pip, '--only-binary', ':all:', ...REQUIREMENTS]);
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

async function findPython(): Promise<string> {
  for (const name of PYTHONS) {
    const isFit = await run(name, ['-c', IS_FIT]).then(
      () => true,
      () => false,
    );
    if (isFit) return name;
  }
  throw new Error(
    'no Python from 3.10 to 3.13 with venv and pip on PATH (on Debian: apt install python3-venv)',
  );
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

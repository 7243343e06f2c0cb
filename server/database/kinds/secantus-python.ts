/**
 * SecantusDB, a MongoDB-compatible server on WiredTiger from PyPI, for trying the product out. It is installed into a
 * separate Python environment in the user's cache, so that `npm ci` does not remove it: existing data need it again.
 */

import { join } from 'node:path';

import { programFolder } from '../program-folder.js';
import { obtainPythonEnvironment } from '../python-environment.js';

import type { EmbeddedKind } from './kind.js';
import { runsSecantus } from './secantus.js';

const VERSION = '0.7.0b3';

/**
 * The package and its dependencies, in versions that have wheels for each Python of `obtainPythonEnvironment`: otherwise
 * pip would compile WiredTiger for many minutes, and fail on most machines.
 */
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
  const program = join('bin', 'secantusd-py');
  const environment = await obtainPythonEnvironment({
    home: join(folder, `secantusdb-${VERSION}`),
    requirements: ['--only-binary', ':all:', ...REQUIREMENTS],
    check: [program, '--help'],
    onInstall: () => onProgress(`Installing SecantusDB ${VERSION} (once, about a minute)`),
  });
  return join(environment, program);
}

/** MongoDB's own server as a replica set of one node, since change streams and transactions need a replica set. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { adminCommand } from '../store/mongo/index.js';

import type { ServerProgram } from './server-program.js';

const REPLICA_SET = 'smartpersona';
const COMMAND_MS = 10_000;
const ELECTION_MS = 20_000;
const ALREADY_INITIALIZED = 23;

export const MONGOD_FOLDER = 'mongod';

/** The first `mongod` that can be run, in the folders of PATH; null when there is none. */
export function findMongod(path: string): string | null {
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here.
    }
  }
  return null;
}

export function mongodProgram(command: string, dataDir: string): ServerProgram {
  const storagePath = join(dataDir, MONGOD_FOLDER);
  return {
    command,
    storagePath,
    logPath: join(dataDir, 'database.log'),
    args: (port) => [
      ...['--dbpath', storagePath, '--bind_ip', '127.0.0.1', '--port', String(port)],
      ...['--replSet', REPLICA_SET],
    ],
    prepare: becomePrimary,
  };
}

/** Makes the node a replica set, or gives the set it remembers its present port, and waits until it takes writes. */
async function becomePrimary(uri: string, port: number): Promise<void> {
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  try {
    await adminCommand(uri, { replSetInitiate: { _id: REPLICA_SET, members } }, COMMAND_MS);
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_INITIALIZED) throw error;
    const { config } = await adminCommand(uri, { replSetGetConfig: 1 }, COMMAND_MS);
    if (config.members[0].host !== members[0].host) {
      const version = Number(config.version) + 1;
      const moved = { ...config, version, members: [{ ...config.members[0], host: members[0].host }] };
      await adminCommand(uri, { replSetReconfig: moved, force: true }, COMMAND_MS);
    }
  }
  for (const until = Date.now() + ELECTION_MS; Date.now() < until;) {
    if ((await adminCommand(uri, { hello: 1 }, COMMAND_MS))['isWritablePrimary'] === true) return;
  }
  throw new Error('the replica set of one node found no primary');
}

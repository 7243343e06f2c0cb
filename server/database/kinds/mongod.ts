/** MongoDB's own server as a single-node replica set, since change streams and transactions need a replica set. */

import { join } from 'node:path';

import { adminCommand } from '../../store/mongo/index.js';

import { findProgram } from '../find-program.js';
import type { ServerProgram } from '../server-program.js';

import type { EmbeddedKind } from './kind.js';

const REPLICA_SET = 'smartpersona';
const COMMAND_MS = 10_000;
const ELECTION_MS = 20_000;
const ALREADY_INITIALIZED = 23;

const FOLDER = 'mongod';

/** Shared by the kinds that run mongod. An account would need a key file and a user before the replica set exists. */
export const runsMongod = {
  folder: FOLDER,
  oplogRetentionSeconds: null,
  hasAccount: false,
  hint: null,
  program: mongodProgram,
} as const;

export const mongod: EmbeddedKind = {
  kind: 'mongod',
  label: 'mongod from PATH as a replica set of one node',
  needs: 'install MongoDB 6 or newer so that `mongod` is on PATH',
  ...runsMongod,
  obtain({ programPath }) {
    const found = findProgram('mongod', programPath);
    return found === null ? Promise.reject(new Error('none is on PATH')) : Promise.resolve(found);
  },
};

function mongodProgram(command: string, dataDir: string): ServerProgram {
  const storagePath = join(dataDir, FOLDER);
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

/** Initiates the replica set, or updates the port in its configuration, and waits until the node accepts writes. */
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

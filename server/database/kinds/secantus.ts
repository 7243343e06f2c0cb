/** Shared by the two servers of SecantusDB: the files, the account and the command line. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ServerProgram } from '../server-program.js';

const FOLDER = 'secantusdb';
/** Time within which an instance that lost its connection can resume its change streams. */
const OPLOG_RETENTION_SECONDS = 3_600;

export const runsSecantus = {
  folder: FOLDER,
  oplogRetentionSeconds: OPLOG_RETENTION_SECONDS,
  hasAccount: true,
  program: secantusProgram,
} as const;

interface SecantusOptions {
  /** Require the account of the data folder; default false. */
  readonly hasAuth?: boolean;
  /** Retention of oplog entries; default OPLOG_RETENTION_SECONDS. */
  readonly oplogRetentionSeconds?: number;
}

export function secantusProgram(
  command: string,
  dataDir: string,
  { hasAuth = false, oplogRetentionSeconds = OPLOG_RETENTION_SECONDS }: SecantusOptions = {},
): ServerProgram {
  const storagePath = join(dataDir, FOLDER);
  const configPath = join(dataDir, 'secantusdb.toml');
  return {
    command,
    storagePath,
    logPath: join(dataDir, 'database.log'),
    args: (port) => {
      // Explicit, so that the server does not read a configuration in a home folder.
      writeFileSync(configPath, '# All settings are given on the command line.\n');
      return [
        ...['--config', configPath, '--host', '127.0.0.1', '--port', String(port)],
        ...['--storage-path', storagePath, '--log-level', 'WARNING'],
        ...(hasAuth ? ['--auth'] : []),
        // By default one of the two servers uses 4 GiB.
        ...['--cache-size', '1G'],
        ...['--oplog-retention-seconds', String(oplogRetentionSeconds)],
      ];
    },
  };
}

/** What the two servers of SecantusDB share: the files, the account and the command line. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ServerProgram } from '../server-program.js';

const FOLDER = 'secantusdb';
/** An instance that loses its connection may resume its change streams for as long. */
const OPLOG_RETENTION_SECONDS = 3_600;

export const runsSecantus = {
  folder: FOLDER,
  oplogRetentionSeconds: OPLOG_RETENTION_SECONDS,
  hasAccount: true,
  program: secantusProgram,
} as const;

export interface SecantusOptions {
  /** Only the account of the data folder may use it; default false. */
  readonly hasAuth?: boolean;
  /** How long the oplog keeps an entry; default OPLOG_RETENTION_SECONDS. */
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
      // Named, so that no configuration in a home folder is found instead.
      writeFileSync(configPath, '# All settings are given on the command line.\n');
      return [
        ...['--config', configPath, '--host', '127.0.0.1', '--port', String(port)],
        ...['--storage-path', storagePath, '--log-level', 'WARNING'],
        ...(hasAuth ? ['--auth'] : []),
        // One of the two servers would take 4 GiB.
        ...['--cache-size', '1G'],
        ...['--oplog-retention-seconds', String(oplogRetentionSeconds)],
      ];
    },
  };
}

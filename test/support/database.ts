/** A real database for tests: SecantusDB, obtained by the product's own installer, on a folder that goes afterwards. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installSecantus, secantusProgram } from '../../server/database/secantusdb.js';
import { cacheFolder } from '../../server/database/index.js';
import { programFolder } from '../../server/database/program-folder.js';
import { endProgram, freePort, startProgram, uriOf } from '../../server/database/server-program.js';
import type { ProcessIdentity } from '../../server/database/process.js';

export interface TestDatabase {
  readonly uri: string;
  readonly process: ProcessIdentity;
  stop(): Promise<void>;
}

/** `port`: a certain one, to bring a server back where it was; default any free one. */
export async function startTestDatabase(
  options: { port?: number; dataDir?: string } = {},
): Promise<TestDatabase> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'smartpersona-db-')));
  const command = await installSecantus(
    (message) => process.stderr.write(`${message}\n`),
    programFolder({ cacheDir: cacheFolder(process.env), dataDir }),
  );
  const port = options.port ?? (await freePort());
  const identity = await startProgram(secantusProgram(command, dataDir), port);
  return {
    uri: uriOf(port),
    process: identity,
    async stop() {
      await endProgram(identity);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The same server, another database: no test file sees another's data. */
export function freshDatabase(uri: string): string {
  const fresh = new URL(uri);
  fresh.pathname = `/test_${randomUUID().replaceAll('-', '')}`;
  return fresh.href;
}

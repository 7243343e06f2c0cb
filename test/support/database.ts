/** Real databases for tests: SecantusDB, obtained by the product's own adapters, on a folder that goes afterwards. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cacheFolder } from '../../server/database/index.js';
import type { EmbeddedKind } from '../../server/database/kinds/index.js';
import { secantusPython } from '../../server/database/kinds/secantus-python.js';
import {
  RUST_CRATE,
  findSecantusRust,
  rustHome,
  secantusRust,
} from '../../server/database/kinds/secantus-rust.js';
import { programFolder } from '../../server/database/program-folder.js';
import { endProgram, freePort, startProgram, uriOf } from '../../server/database/server-program.js';
import type { ProcessIdentity } from '../../server/database/process.js';
import { supervise } from '../../server/database/supervisor.js';
import { probeWrite } from '../../server/store/mongo/index.js';

export interface TestDatabase {
  readonly uri: string;
  readonly process: ProcessIdentity;
  stop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A certain one, to bring a server back where it was; default any free one. */
  readonly port?: number;
  readonly dataDir?: string;
  /** Default `defaultTestKind`. */
  readonly kind?: EmbeddedKind;
}

export async function startTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'smartpersona-db-')));
  const kind = options.kind ?? defaultTestKind();
  const command = await obtainForTests(kind, dataDir);
  const port = options.port ?? (await freePort());
  const identity = await startProgram(kind.program(command, dataDir), port);
  return {
    uri: uriOf(port),
    process: identity,
    async stop() {
      await endProgram(identity);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** As `startTestDatabase`, and restarts a server that dies or hangs, so that it fails some tests instead of all. */
export async function startSupervisedDatabase(kind = defaultTestKind()): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-db-'));
  let database = await startTestDatabase({ kind, dataDir });
  const { uri } = database;
  const say = (details: object, message: string) => console.error(message, details);
  const supervisor = supervise({
    log: { info: say, warn: say, error: say },
    read: () => ({ kind: kind.kind, process: database.process, uri }),
    probe: () => probeWrite(uri, 10_000),
    async restart() {
      await database.stop();
      database = await startTestDatabase({ kind, dataDir, port: Number(new URL(uri).port) });
    },
  });
  return {
    uri,
    process: database.process,
    async stop() {
      await supervisor.stop();
      await database.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The server that SMARTPERSONA_TEST_DATABASE names, `secantusdb` or `secantusd-rs`; default `secantusdb`. */
function defaultTestKind(): EmbeddedKind {
  const name = process.env['SMARTPERSONA_TEST_DATABASE'] ?? secantusPython.kind;
  const kind = [secantusPython, secantusRust].find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`SMARTPERSONA_TEST_DATABASE cannot be ${name}.`);
  return kind;
}

/** The servers that tests of the database run on: the one in Python, and the one in Rust where it is built. */
export function kindsHere(): EmbeddedKind[] {
  return findSecantusRust(placesOf('')) === null ? [secantusPython] : [secantusPython, secantusRust];
}

/** The path of a kind's program, in the user's cache or on PATH; the one in Python is installed where needed. */
export function obtainForTests(kind: EmbeddedKind, dataDir: string): Promise<string> {
  return kind.obtain(placesOf(dataDir), (message) => process.stderr.write(`${message}\n`));
}

/**
 * Makes a folder that serves as XDG_CACHE_HOME and holds the programs of the user's cache, with the server in Rust only
 * for that kind: the product then starts this kind and no other. Remove it afterwards.
 */
export async function cacheHomeOf(kind: EmbeddedKind): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'smartpersona-cache-'));
  const cacheDir = cacheFolder({ XDG_CACHE_HOME: home });
  mkdirSync(cacheDir);
  const command = await obtainForTests(kind, home);
  const installed = programFolder(placesOf(home));
  for (const name of readdirSync(installed)) {
    if (!name.startsWith(RUST_CRATE)) symlinkSync(join(installed, name), join(cacheDir, name));
  }
  if (kind === secantusRust) {
    mkdirSync(dirname(rustHome(cacheDir)));
    symlinkSync(dirname(command), rustHome(cacheDir));
  }
  return home;
}

function placesOf(dataDir: string) {
  return { dataDir, cacheDir: cacheFolder(process.env), programPath: process.env['PATH'] ?? '' };
}

/** The same server, another database: no test file sees another's data. */
export function freshDatabase(uri: string): string {
  const fresh = new URL(uri);
  fresh.pathname = `/test_${randomUUID().replaceAll('-', '')}`;
  return fresh.href;
}

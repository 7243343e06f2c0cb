/**
 * Records in the data folder: the database server that runs on it, and the programs that use it. A record contains the
 * identity of its process, so that the records of killed programs are recognized as stale.
 */

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { EMBEDDED_KINDS, type EmbeddedKind } from './kinds/index.js';
import { identify, isAlive, type ProcessIdentity } from './process.js';
import { readIfThere } from './read-if-there.js';

/** The server started last on this folder, running or not. */
export interface DatabaseRecord {
  readonly kind: EmbeddedKind['kind'];
  readonly process: ProcessIdentity;
  readonly port: number;
  readonly uri: string;
  /** Path of the program. */
  readonly command: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

const recordPath = (dataDir: string) => join(dataDir, 'database.json');
const usersPath = (dataDir: string) => join(dataDir, 'database-users');

const recordShape = z.object({
  kind: z.enum(EMBEDDED_KINDS.map(({ kind }) => kind)),
  process: z.object({ pid: z.int().positive(), startedAt: z.string() }),
  port: z.int().positive(),
  uri: z.string(),
  command: z.string(),
  startedAt: z.string(),
});

/**
 * Null if the record is missing or malformed: the kind is then chosen by the files alone. `onUnreadable` is called for a
 * malformed file.
 */
export function readRecord(
  dataDir: string,
  onUnreadable: (path: string) => void = () => undefined,
): DatabaseRecord | null {
  const path = recordPath(dataDir);
  const record = recordShape.safeParse(readJson(path)).data ?? null;
  if (record === null && readIfThere(path) !== null) onUnreadable(path);
  return record;
}

export function writeRecord(dataDir: string, record: DatabaseRecord): void {
  const draft = `${recordPath(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, recordPath(dataDir));
}

/** Records this use of the database; the returned function removes the record. */
export function addUser(dataDir: string, id: string): () => void {
  const path = join(usersPath(dataDir), id);
  mkdirSync(usersPath(dataDir), { recursive: true });
  writeFileSync(path, JSON.stringify(identify(process.pid)));
  return () => rmSync(path, { force: true });
}

/** Counts the uses by running programs, and deletes the records of dead programs. */
export function countUsers(dataDir: string): number {
  mkdirSync(usersPath(dataDir), { recursive: true });
  let count = 0;
  for (const name of readdirSync(usersPath(dataDir))) {
    const path = join(usersPath(dataDir), name);
    const user = readJson(path) as ProcessIdentity | null;
    if (user !== null && isAlive(user)) count += 1;
    else rmSync(path, { force: true });
  }
  return count;
}

function readJson(path: string): unknown {
  const text = readIfThere(path);
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

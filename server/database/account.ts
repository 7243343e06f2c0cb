/**
 * The account of an embedded database. It is needed because all users of the machine can reach the port. The password
 * is in the data folder, which only its owner may read.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generateSecret } from '../privacy/index.js';
import { adminCommand } from '../store/mongo/index.js';

import { readIfThere } from './read-if-there.js';

const FILE = 'database-password';
const COMMAND_MS = 10_000;
const USER_NOT_FOUND = 11;

/** The password of the database in this folder; null before its account exists. */
export function readPassword(dataDir: string): string | null {
  return readIfThere(join(dataDir, FILE))?.trim() ?? null;
}

/** Creates the account in a server without access control. The file is written last: it marks the account as complete. */
export async function createAccount(uri: string, user: string, dataDir: string): Promise<void> {
  const password = generateSecret();
  // An interrupted start may have left an account whose password is lost.
  await adminCommand(uri, { dropUser: user }, COMMAND_MS).catch((error: { code?: unknown }) => {
    if (error.code !== USER_NOT_FOUND) throw error;
  });
  await adminCommand(uri, { createUser: user, pwd: password, roles: ['root'] }, COMMAND_MS);
  writeFileSync(join(dataDir, FILE), `${password}\n`, { mode: 0o600 });
}

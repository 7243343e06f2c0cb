/** A server under measurement with data of its own, and demo users who are signed in. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { openBrowser } from '../browser/stage.js';
import { askFor } from '../support/api-client.js';
import { runCommand } from '../support/server.js';

import { startProcess } from './process.js';

/** The line that names the address. */
export const READY = /SmartPersona is ready on (http:\/\/\S+?)\/\s/;

/** Runs with the environment of an empty installation on the embedded database, and removes its folder afterwards. */
export async function withDataFolder<T>(
  users: string,
  use: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  try {
    return await use({
      SMARTPERSONA_DATA_DIR: dataDir,
      SMARTPERSONA_SEED_USERS: users,
      PORT: '0',
      LOG_LEVEL: 'error',
      MONGODB_URI: '',
    });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A server on synthetic data, and a Chromium to look at it with. */
export interface Theatre {
  readonly url: string;
  readonly browser: Browser;
  readonly adminToken: string;
  /** Runs one of the product's commands beside the server and gives its standard output. */
  run(command: string, ...args: string[]): Promise<string>;
}

/** `settings`: what the server and its commands are told beyond that. */
export async function withTheatre<T>(
  users: string,
  use: (theatre: Theatre) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  return withDataFolder(users, async (folder) => {
    const env = { ...folder, ...settings };
    const server = startProcess('main', [], env);
    const browser = await openBrowser();
    const run = (command: string, ...args: string[]) => runCommand({ ...process.env, ...env }, command, args);
    try {
      const { match } = await server.until(READY, 600_000);
      const adminToken = (await run('token', '--role', 'admin')).trim();
      return await use({ url: match[1]!, browser, adminToken, run });
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}

/** The first `count` demo users with a token each. */
export async function signIn(url: string, count: number): Promise<{ id: string; token: string }[]> {
  const { demoUsers } = await askFor<{ demoUsers: { id: string }[] }>(
    url,
    null,
    `{ demoUsers(first: ${count}) { id } }`,
  );
  return Promise.all(
    demoUsers.map(async ({ id }) => {
      const query = 'mutation ($id: ID!) { demoSignIn(userId: $id) { ... on DemoSession { token } } }';
      const { demoSignIn } = await askFor<{ demoSignIn: { token: string } }>(url, null, query, { id });
      return { id, token: demoSignIn.token };
    }),
  );
}

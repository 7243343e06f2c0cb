/** A server with simulated users, a browser, and a visit of every page. */

import type { Browser } from 'playwright-core';

import { signIn } from '../bench/server.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, everyPage, openBrowser, type Visit } from './stage.js';

export interface EveryPage {
  readonly server: TestServer;
  readonly browser: Browser;
  readonly visits: readonly Visit[];
  close(): Promise<void>;
}

/** `mongoUri`: the test database. */
export async function openEveryPage(mongoUri: string): Promise<EveryPage> {
  buildClient();
  const server = await startTestServer({ mongoUri: freshDatabase(mongoUri) });
  const [user] = await signIn(server.url, 1);
  const visits = everyPage(user!, (await server.run('token', '--role', 'admin')).trim());
  const browser = await openBrowser();
  return {
    ...{ server, browser, visits },
    async close() {
      await browser.close();
      await server.stop();
    },
  };
}

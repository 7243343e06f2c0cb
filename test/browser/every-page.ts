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

/** Pages at once: a page mostly waits. */
const AT_ONCE = 3;

/** The results of `look` for the visits, in their order, several at once. */
export async function lookAtEach<T>(
  visits: readonly Visit[],
  look: (visit: Visit) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const left = [...visits.entries()];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      results[next[0]] = await look(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
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

/** Private mode on the 10,000 items of goodbooks: the download, the time to rank in Chromium, and agreement with the server. */

import { join } from 'node:path';

import { openBrowser, openWindows, orderOf, ROWS, waitForOtherOrder } from '../browser/stage.js';
import { askFor } from '../support/api-client.js';
import { runCommand } from '../support/server.js';
import { loadModel, type DeviceInteraction } from '../../client/sdk/on-device.js';

import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { medianOf } from './report.js';
import { READY, withDataFolder } from './server.js';

const THUMBS = 20;
const USERS = 200;
/** Thumbs of a compared user; the last is a dislike. */
const USER_THUMBS = 6;

export async function benchDevice(folder: string): Promise<Figure[]> {
  return withDataFolder('0', async (env) => {
    const run = (command: string, ...args: string[]) => runCommand({ ...process.env, ...env }, command, args);
    await run('import', '--items', join(folder, 'items.csv'), '--ratings', join(folder, 'ratings.csv'));
    await run('retrain');
    const server = startProcess('main', [], env);
    try {
      const { match } = await server.until(READY, 600_000);
      const url = match[1]!;
      const tokenOf = async (user: string) => (await run('token', '--role', 'user', '--user', user)).trim();
      const admin = (await run('token', '--role', 'admin')).trim();
      return [...(await inChromium(url, await tokenOf('visitor'))), ...(await besideServer(url, admin))];
    } finally {
      await server.stop();
    }
  });
}

async function inChromium(url: string, token: string): Promise<Figure[]> {
  const browser = await openBrowser();
  try {
    const { context, open } = await openWindows(browser, url, { token });
    const startedAt = performance.now();
    const page = await open('/private');
    await page.locator(ROWS).first().waitFor();
    const shownMs = performance.now() - startedAt;
    const rankMs = async () => Number.parseFloat(await page.locator('[data-rank-ms]').innerText());
    const first = await rankMs();
    const times: number[] = [];
    for (let thumb = 0; thumb < THUMBS; thumb++) {
      const order = await orderOf(page);
      await page
        .locator(
          `${ROWS}[data-item="${order[thumb % 3]}"] [data-control="${thumb % 5 === 4 ? 'down' : 'up'}"]`,
        )
        .click();
      await waitForOtherOrder(page, order);
      times.push(await rankMs());
    }
    await context.close();
    return [
      { what: 'private mode: from the address to the list', value: shownMs / 1_000, unit: 's' },
      { what: 'the same: first fold-in and ranking', value: first, unit: 'ms', goal: '<= 30 ms' },
      { what: `the same after each of ${THUMBS} thumbs`, ...medianOf(times), unit: 'ms', goal: '<= 30 ms' },
    ];
  } finally {
    await browser.close();
  }
}

interface ServerList {
  readonly items: readonly {
    readonly item: { readonly id: string };
    readonly explanation: { total: number };
  }[];
}

/** Lists of new users with the same thumbs, here and there. */
async function besideServer(url: string, token: string): Promise<Figure[]> {
  const model = await loadModel({ url, token });
  const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
    url,
    token,
    '{ items(first: 100) { nodes { id } } }',
  );
  let [sameOrder, sameItems, worst] = [0, 0, 0];
  for (let user = 0; user < USERS; user++) {
    const userId = user.toString(16).padStart(64, 'd');
    const history: DeviceInteraction[] = [];
    for (let k = 0; k < USER_THUMBS; k++) {
      const itemId = items.nodes[(7 * user + 13 * k) % items.nodes.length]!.id;
      const opinion = k === USER_THUMBS - 1 ? -1 : 1;
      await askFor(url, token, SEND, { input: { userId, itemId, value: opinion > 0 ? 'UP' : 'DOWN' } });
      history.push({ itemId, opinion, at: Date.now() });
    }
    const { recommendations } = await askFor<{ recommendations: ServerList }>(url, token, LIST, { userId });
    const totals = new Map(
      recommendations.items.map(({ item, explanation }) => [item.id, explanation.total]),
    );
    const own = model.recommend(history);
    for (const { item, score } of own)
      if (totals.has(item.id)) worst = Math.max(worst, Math.abs(score - totals.get(item.id)!));
    sameItems += Number(own.every(({ item }) => totals.has(item.id)));
    sameOrder += Number(own.map(({ item }) => item.id).join() === [...totals.keys()].join());
  }
  return [
    {
      what: `download of the model, ${model.nItems} items`,
      value: model.nBytes / 1e6,
      unit: 'MB',
      goal: '<= 3 MB',
    },
    { what: `largest difference of scores, ${USERS} users`, value: 1e4 * worst, unit: 'e-4', goal: '<= 1' },
    { what: 'users with the same ten items', value: (100 * sameItems) / USERS, unit: '%', goal: '>= 99' },
    { what: 'users with the same ten items in the same order', value: (100 * sameOrder) / USERS, unit: '%' },
  ];
}

const SEND = 'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }';
const LIST =
  'query ($userId: ID) { recommendations(userId: $userId, first: 10) { items { item { id } explanation { total } } } }';

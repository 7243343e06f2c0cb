/** The admin pages in Chromium: how soon the map of users is there, and what live figures cost over time. */

import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

import { askFor } from '../support/api-client.js';
import { chromiumLaunch } from '../support/ensure-chromium.js';
import { runCommand } from '../support/server.js';

import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { percentile } from './report.js';
import { READY, withDataFolder } from './server.js';

const THUMBS_PER_SECOND = 10;
const PAGE_LOADS = 5;
/** How often somebody clicks while the figures move. */
const CLICK_MS = 1_000;
/** Until the history of the tiles is full: what is held after that should stay. */
const WARM_UP_MS = 60_000;

interface Observed {
  readonly longTasks: number[];
  readonly clicks: number[];
}

/** `minutes`: how long the live page is watched. */
export async function benchAdminClient({
  users,
  minutes,
}: {
  users: string;
  minutes: number;
}): Promise<Figure[]> {
  return withDataFolder(users, async (env) => {
    const server = startProcess('main', [], env);
    const browser = await chromium.launch(chromiumLaunch());
    try {
      const { match } = await server.until(READY, 600_000);
      const url = match[1];
      const token = (await runCommand({ ...process.env, ...env }, 'token', ['--role', 'admin'])).trim();
      return [
        ...(await benchMap(browser, url, token, users)),
        ...(await benchLive(browser, url, token, minutes)),
      ];
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}

async function openAdmin(browser: Browser, token: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript((value) => {
    if (location.protocol === 'http:') sessionStorage.setItem('smartpersona.token', value);
  }, token);
  return await context.newPage();
}

async function benchMap(browser: Browser, url: string, token: string, users: string): Promise<Figure[]> {
  const page = await openAdmin(browser, token);
  const loads: number[] = [];
  for (let load = 0; load < PAGE_LOADS; load++) {
    await page.goto(`${url}/admin/personas`);
    await page.locator('[data-chart=cluster-map] canvas').waitFor();
    // The canvas is there with the first option; two frames later it has been drawn.
    loads.push(
      await page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
          }),
      ),
    );
  }
  await page.context().close();
  return [
    {
      what: `personas page with the map of ${users} users, from navigation to drawn, median of ${PAGE_LOADS}`,
      value: percentile(loads, 0.5) / 1_000,
      unit: 's',
      goal: '< 2 s',
    },
  ];
}

async function benchLive(browser: Browser, url: string, token: string, minutes: number): Promise<Figure[]> {
  const page = await openAdmin(browser, token);
  let nUpdates = 0;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"analyticsUpdated"')) nUpdates += 1;
    }),
  );
  await page.goto(`${url}/admin`);
  await page.locator('[data-chart=hour-weekday] canvas').waitFor();
  const end = Date.now() + WARM_UP_MS + minutes * 60_000;
  const load = sendThumbs(url, token, end);
  await page.waitForTimeout(WARM_UP_MS);
  nUpdates = 0;
  const heapBefore = await heapMb(page);
  await observe(page);
  while (Date.now() < end) {
    await page.locator('[data-chart=engagement] [data-table-toggle]').click();
    await page.waitForTimeout(CLICK_MS);
  }
  const { longTasks, clicks } = await page.evaluate(
    () => (window as unknown as { observed: Observed }).observed,
  );
  const heapAfter = await heapMb(page);
  await load;
  await page.context().close();
  const during = `live overview, ${minutes} min, ${THUMBS_PER_SECOND} thumbs a second`;
  return [
    { what: `${during}: updates a second`, value: nUpdates / (minutes * 60), unit: '/s', goal: '<= 4' },
    { what: 'the same: longest task', value: Math.max(0, ...longTasks), unit: 'ms', goal: '< 200 ms' },
    { what: 'the same: tasks over 50 ms', value: longTasks.length, unit: '' },
    {
      what: 'the same: click to next frame, p99',
      value: percentile(clicks, 0.99),
      unit: 'ms',
      goal: '< 200 ms',
    },
    { what: 'the same: heap after a minute', value: heapBefore, unit: 'MiB' },
    { what: 'the same: heap at the end', value: heapAfter, unit: 'MiB', goal: 'no growth' },
  ];
}

async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const observed: Observed = { longTasks: [], clicks: [] };
    (window as unknown as { observed: Observed }).observed = observed;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) observed.longTasks.push(duration);
    }).observe({ type: 'longtask' });
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries())
        if (name === 'click') observed.clicks.push(duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
}

/** What is still held after a collection. */
async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 2 ** 20;
}

async function sendThumbs(url: string, token: string, end: number): Promise<void> {
  const { users, items } = await askFor<Record<'users' | 'items', { nodes: { id: string }[] }>>(
    url,
    token,
    '{ users(first: 50) { nodes { id } } items(first: 50) { nodes { id } } }',
  );
  for (let n = 0; Date.now() < end; n++) {
    const input = {
      userId: users.nodes[n % users.nodes.length].id,
      itemId: items.nodes[(n * 7) % items.nodes.length].id,
      value: n % 3 === 0 ? 'DOWN' : 'UP',
    };
    await askFor(
      url,
      token,
      'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }',
      { input },
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000 / THUMBS_PER_SECOND));
  }
}

/** The admin pages in Chromium: how soon the map of users is there, and what live figures cost over time. */

import type { Page } from 'playwright-core';

import { openWindows } from '../browser/stage.js';
import { askFor } from '../support/api-client.js';

import type { Figure } from './report.js';
import { percentile } from './report.js';
import type { Theatre } from './server.js';

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
export async function benchAdminClient(
  theatre: Theatre,
  { users, minutes }: { users: string; minutes: number },
): Promise<Figure[]> {
  return [...(await benchMap(theatre, users)), ...(await benchLive(theatre, minutes))];
}

async function openAdmin({ browser, url, adminToken }: Theatre): Promise<Page> {
  const { context } = await openWindows(browser, url, {
    token: adminToken,
    viewport: { width: 1440, height: 900 },
  });
  return await context.newPage();
}

async function benchMap(theatre: Theatre, users: string): Promise<Figure[]> {
  const page = await openAdmin(theatre);
  const loads: number[] = [];
  for (let load = 0; load < PAGE_LOADS; load++) {
    await page.goto(`${theatre.url}/admin/personas`);
    await page.locator('[data-chart=cluster-map] canvas').first().waitFor();
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

async function benchLive(theatre: Theatre, minutes: number): Promise<Figure[]> {
  const page = await openAdmin(theatre);
  let nUpdates = 0;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"analyticsUpdated"')) nUpdates += 1;
    }),
  );
  await page.goto(`${theatre.url}/admin`);
  await page.locator('[data-chart=hour-weekday] canvas').first().waitFor();
  const end = Date.now() + WARM_UP_MS + minutes * 60_000;
  const load = sendThumbs(theatre, end);
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

async function sendThumbs({ url, adminToken }: Theatre, end: number): Promise<void> {
  const { users, items } = await askFor<Record<'users' | 'items', { nodes: { id: string }[] }>>(
    url,
    adminToken,
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
      adminToken,
      'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }',
      { input },
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000 / THUMBS_PER_SECOND));
  }
}

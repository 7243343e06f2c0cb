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
/** Updates until the history of the tiles is full, and clicks until the engine has compiled what they run: what is held after that should stay. */
const N_WARM_UP = 240;
const N_WARM_UP_CLICKS = 1_000;
/** Between two looks at the heap, each after a forced collection. */
const HEAP_MS = 30_000;

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
  const text = await page.locator('[data-chart=cluster-map]').textContent();
  const nShown = Number(/([\d,]+) of [\d,]+ users/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
  await page.context().close();
  return [
    { what: 'map of users: points', value: nShown, unit: '', goal: `${Math.min(Number(users), 3_000)}` },
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
  const stopping = new AbortController();
  const load = sendThumbs(theatre, stopping.signal);
  const toggle = page.locator('[data-chart=engagement] [data-table-toggle]');
  for (let click = 0; click < N_WARM_UP_CLICKS || nUpdates < N_WARM_UP; click++) await toggle.click();
  nUpdates = 0;
  const heaps = [await heapMb(page)];
  await observe(page);
  const start = Date.now();
  while (Date.now() < start + minutes * 60_000) {
    await toggle.click();
    await page.waitForTimeout(CLICK_MS);
    if (Date.now() > start + heaps.length * HEAP_MS) heaps.push(await heapMb(page));
  }
  const { longTasks, clicks } = await page.evaluate(
    () => (window as unknown as { observed: Observed }).observed,
  );
  heaps.push(await heapMb(page));
  stopping.abort();
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
    { what: 'the same: heap at the beginning, collected', value: heaps[0]!, unit: 'MiB' },
    { what: 'the same: half way', value: heaps[heaps.length >> 1]!, unit: 'MiB' },
    { what: 'the same: at the end', value: heaps.at(-1)!, unit: 'MiB', goal: 'as half way' },
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

async function sendThumbs({ url, adminToken }: Theatre, signal: AbortSignal): Promise<void> {
  const { users, items } = await askFor<Record<'users' | 'items', { nodes: { id: string }[] }>>(
    url,
    adminToken,
    '{ users(first: 50) { nodes { id } } items(first: 50) { nodes { id } } }',
  );
  for (let n = 0; !signal.aborted; n++) {
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

/** A user's page in Chromium: what its first visit loads, how soon it is there, and how soon a thumb is seen. */

import { gzipSync } from 'node:zlib';

import type { Page } from 'playwright-core';

import { openWindows, orderOf, ROWS, waitForOtherOrder } from '../browser/stage.js';

import type { Figure } from './report.js';
import { percentile } from './report.js';
import { signIn, type Theatre } from './server.js';

const FRESH_VISITS = 5;
const THUMBS = 20;
/** Whatever is going to be painted has been by then. */
const PAINTED_MS = 1_500;

interface Visit {
  /** JavaScript by address, kB as gzip has it. */
  readonly scripts: ReadonlyMap<string, number>;
  readonly mishaps: readonly string[];
  readonly largestPaintMs: number;
}

export async function benchUserClient(theatre: Theatre): Promise<Figure[]> {
  const [{ token }] = await signIn(theatre.url, 1);
  const entrance = await visitOf(theatre, '/sign-in');
  const visits: Visit[] = [];
  for (let visit = 0; visit < FRESH_VISITS; visit++) visits.push(await visitOf(theatre, '/', token));
  const thumbs = await benchThumbs(theatre, token);
  const kBOf = ({ scripts }: Visit) => [...scripts.values()].reduce((total, size) => total + size, 0);
  const paints = visits.map(({ largestPaintMs }) => largestPaintMs);
  return [
    { what: 'entrance, first visit: JavaScript, gzip', value: kBOf(entrance), unit: 'kB', goal: '<= 200 kB' },
    { what: 'list, first visit: JavaScript, gzip', value: kBOf(visits[0]!), unit: 'kB', goal: '<= 200 kB' },
    {
      what: 'the same: requests outside the server',
      value: [entrance, ...visits].flatMap(({ mishaps }) => mishaps).length,
      unit: '',
      goal: '0',
    },
    {
      what: `the same: largest contentful paint, median of ${FRESH_VISITS}`,
      value: percentile(paints, 0.5) / 1_000,
      unit: 's',
      goal: '< 1.5 s',
    },
    {
      what: `thumb to its answer in the row, ${THUMBS} thumbs: p50`,
      value: percentile(
        thumbs.map(({ answeredMs }) => answeredMs),
        0.5,
      ),
      unit: 'ms',
      goal: '<= 80 ms',
    },
    {
      what: 'the same, to the notice that it was saved: p50',
      value: percentile(
        thumbs.map(({ savedMs }) => savedMs),
        0.5,
      ),
      unit: 'ms',
      goal: '< 150 ms',
    },
    {
      what: 'the same: longest',
      value: Math.max(...thumbs.map(({ savedMs }) => savedMs)),
      unit: 'ms',
      goal: '< 150 ms',
    },
  ];
}

async function visitOf({ browser, url }: Theatre, path: string, token?: string): Promise<Visit> {
  const { context, mishaps } = await openWindows(browser, url, { token });
  const page = await context.newPage();
  const scripts = new Map<string, number>();
  const reading: Promise<void>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script') return;
    reading.push(
      response.body().then((body) => void scripts.set(response.url(), gzipSync(body).length / 1_000)),
    );
  });
  await page.goto(url + path);
  await page
    .locator(token === undefined ? '[data-demo-user]' : ROWS)
    .first()
    .waitFor();
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(PAINTED_MS);
  await Promise.all(reading);
  const largestPaintMs = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)!.startTime)).observe({
          type: 'largest-contentful-paint',
          buffered: true,
        });
      }),
  );
  await context.close();
  return { scripts, mishaps, largestPaintMs };
}

interface TimedThumb {
  /** From the press to the frame in which its row shows the answer. */
  readonly answeredMs: number;
  /** To the frame in which the bar says that it was saved; the new order is in the window by then. */
  readonly savedMs: number;
}

async function benchThumbs({ browser, url }: Theatre, token: string): Promise<TimedThumb[]> {
  const { context, open } = await openWindows(browser, url, { token });
  const page = await open('/');
  await page.locator(ROWS).first().waitFor();
  const times: TimedThumb[] = [];
  for (let thumb = 0; thumb < THUMBS; thumb++) {
    const before = await orderOf(page);
    times.push(await timeThumb(page, before[thumb % before.length]!));
    // The next thumb belongs to a page at rest.
    await waitForOtherOrder(page, before);
    await page.waitForTimeout(500);
  }
  await context.close();
  return times;
}

async function timeThumb(page: Page, itemId: string): Promise<TimedThumb> {
  return await page.evaluate(
    async ({ rows, id }) => {
      const row = document.querySelector<HTMLElement>(`${rows}[data-item="${id}"]`)!;
      const title = row.querySelector('h3')!.textContent.trim();
      const status = document.querySelector('[data-snackbar] [role=status]')!;
      const start = performance.now();
      row.querySelector<HTMLElement>('[data-control="up"]')!.click();
      while (row.querySelector('[data-answer]') === null) await new Promise(requestAnimationFrame);
      // Painted once another frame begins.
      await new Promise(requestAnimationFrame);
      const answeredMs = performance.now() - start;
      while (!status.textContent.includes(title)) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return { answeredMs, savedMs: performance.now() - start };
    },
    { rows: ROWS, id: itemId },
  );
}

/** A user's page in Chromium: what its first visit loads, how soon it is there, and how soon a thumb is seen. */

import { gzipSync } from 'node:zlib';

import type { Page } from 'playwright-core';

import { openWindows, orderOf, ROWS } from '../browser/stage.js';

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
      what: `thumb to new order on screen, ${THUMBS} thumbs: p50`,
      value: percentile(thumbs, 0.5),
      unit: 'ms',
      goal: '< 150 ms',
    },
    { what: 'the same: longest', value: Math.max(...thumbs), unit: 'ms', goal: '< 150 ms' },
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

/** Thumbs by keyboard, which holds nothing back; from the press to the frame in which the first new order is laid out. */
async function benchThumbs({ browser, url }: Theatre, token: string): Promise<number[]> {
  const { context, open } = await openWindows(browser, url, { token });
  const page = await open('/');
  await page.locator(ROWS).first().waitFor();
  const times: number[] = [];
  for (let thumb = 0; thumb < THUMBS; thumb++) {
    const before = await orderOf(page);
    times.push(await timeThumb(page, before[thumb % before.length]!));
    // The next thumb belongs to a page at rest.
    await page.waitForTimeout(500);
  }
  await context.close();
  return times;
}

async function timeThumb(page: Page, itemId: string): Promise<number> {
  return await page.evaluate(
    async ({ rows, id }) => {
      const list = document.querySelector(rows)!.parentElement!;
      const before = Array.from(
        list.querySelectorAll<HTMLElement>(rows),
        (row) => row.dataset['item'],
      ).join();
      const start = performance.now();
      list.querySelector<HTMLElement>(`[data-item="${id}"] [data-control="up"]`)!.click();
      do await new Promise(requestAnimationFrame);
      while (
        Array.from(list.querySelectorAll<HTMLElement>(rows), (row) => row.dataset['item']).join() === before
      );
      // Painted once another frame begins.
      await new Promise(requestAnimationFrame);
      return performance.now() - start;
    },
    { rows: ROWS, id: itemId },
  );
}

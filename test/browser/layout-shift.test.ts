/** No page moves under the reader's eyes while it loads, in whatever order the API answers. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { lookAtEach, openEveryPage, type EveryPage } from './every-page.js';
import { openWindows, PHONE, settle, watchShifts } from './stage.js';

/** Cumulative layout shift; .1 is where a page begins to need improvement. */
const MAX_SHIFT = 0.02;
/** Later requests are answered before earlier ones, and no two at once. */
const DELAYS_MS = [600, 200, 500, 100, 400, 50, 300];

describe('every page while it loads', () => {
  let stage: EveryPage;

  beforeAll(async () => {
    stage = await openEveryPage(inject('mongoUri'));
  });
  afterAll(() => stage?.close());

  it.each([
    { device: 'a desktop', options: { viewport: { width: 1440, height: 900 } } },
    { device: 'a phone', options: PHONE },
  ])('stays in its place on $device', async ({ options }) => {
    const shifts = await lookAtEach(stage.visits, async ({ name, path, token }) => {
      const { context } = await openWindows(stage.browser, stage.server.url, { token, ...options });
      const shiftOf = await watchShifts(context);
      const page = await context.newPage();
      let nRequests = 0;
      await page.route('**/graphql', async (route) => {
        const delayMs = DELAYS_MS[nRequests++ % DELAYS_MS.length]!;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        // The page may be closed by then.
        await route.continue().catch(() => undefined);
      });
      await page.goto(stage.server.url + path);
      await settle(page);
      await page.waitForLoadState('networkidle');
      const shift = await shiftOf(page);
      await context.close();
      return { name, shift };
    });
    expect(shifts.filter(({ shift }) => shift > MAX_SHIFT)).toEqual([]);
  });
});

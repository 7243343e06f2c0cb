/** What a user does, in Chromium, on the real server and database. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import {
  buildClient,
  freePort,
  openBrowser,
  openWindows,
  orderOf,
  pointAway,
  signInAsDemoUser,
  waitForOrder,
  waitForOtherOrder,
} from './stage.js';

describe('a user in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  let mongoUri: string;

  beforeAll(async () => {
    buildClient();
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('sees a persona and ten reasons, gives a thumb, and both windows move; undo restores both', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const [here, there] = [await open(), await open()];
    await signInAsDemoUser(here, 0);
    await signInAsDemoUser(there, 0);
    expect(await here.locator('[data-persona]').innerText()).not.toBe('Getting to know you');
    const before = await orderOf(here);
    expect(before).toHaveLength(10);
    expect(await orderOf(there)).toEqual(before);
    const reasons = await here.locator('[data-reason]').allInnerTexts();
    expect(reasons.filter((reason) => reason.startsWith('Because '))).toHaveLength(10);

    await here.locator(`[data-item="${before[2]}"] [data-control="up"]`).click();
    const after = await waitForOtherOrder(here, before);
    expect(after).not.toContain(before[2]);
    await waitForOrder(there, after);
    await here.getByText(/new.*updated in \d+ ms/).waitFor();
    await there.locator(`[data-thumb="${before[2]}"] [data-control="up"][aria-pressed="true"]`).waitFor();

    await here.locator('[data-undo]').click();
    await pointAway(here);
    await waitForOrder(here, before);
    await waitForOrder(there, before);
    await there.locator('[data-thumb]').waitFor({ state: 'detached' });
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('is not shown another order while pointing at the list, and is told that one waits', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const [here, there] = [await open(), await open()];
    await signInAsDemoUser(here, 1);
    await signInAsDemoUser(there, 1);
    const before = await orderOf(there);
    await there.locator('[data-item] h3').nth(4).hover();

    await here.locator('[data-item] [data-control="down"]').first().click();
    const after = await waitForOtherOrder(here, before);
    await there.locator('[data-waiting]').waitFor();
    expect(await orderOf(there)).toEqual(before);

    await pointAway(there);
    await waitForOrder(there, after);
    await context.close();
  });

  it('can do all of it by keyboard', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open();
    await page.locator('[data-demo-user]').nth(2).waitFor();
    const focusBy = async (key: string, selector: string) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press(key);
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      }
      throw new Error(`${key} does not lead to ${selector}.`);
    };
    await focusBy('Tab', '[data-demo-user]');
    await page.keyboard.press('Enter');
    await page.locator('[data-item]').first().waitFor();
    const before = await orderOf(page);

    await focusBy('Tab', '[data-control="up"]');
    const under = () => page.evaluate(() => document.activeElement?.closest('li')?.dataset['item']);
    for (const [key, place] of [
      ['ArrowDown', 1],
      ['ArrowDown', 2],
      ['ArrowUp', 1],
    ] as const) {
      await page.keyboard.press(key);
      expect(await under()).toBe(before[place]);
    }
    await page.keyboard.press('Enter');
    const after = await waitForOtherOrder(page, before);
    expect(after).not.toContain(before[1]);
    // The row is gone; the keyboard stays at its place.
    await page.waitForFunction(
      (id) => (document.activeElement as HTMLElement).dataset['item'] === id,
      after[1],
    );

    await focusBy('Shift+Tab', '[data-undo]');
    await page.keyboard.press('Enter');
    await waitForOrder(page, before);
    await context.close();
  });

  it('reads German or Arabic when they ask for it, from right to left where that is due', async () => {
    const { context, open } = await openWindows(browser, server.url, { locale: 'de-AT' });
    const page = await open();
    await page.getByRole('heading', { name: 'Anmelden', exact: true }).waitFor();
    await page.getByLabel('Sprache').selectOption('ar');
    await page.getByRole('heading', { name: 'تسجيل الدخول', exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl');
    await page.reload();
    await page.getByRole('heading', { name: 'تسجيل الدخول', exact: true }).waitFor();
    await context.close();
  });

  it('survives a killed and restarted server without a reload', async () => {
    const port = String(await freePort());
    let mortal = await startTestServer({
      mongoUri,
      dataDir: server.dataDir,
      seedUsers: 0,
      env: { PORT: port },
    });
    try {
      const { context, open } = await openWindows(browser, mortal.url);
      const page = await open();
      await signInAsDemoUser(page, 4);
      const before = await orderOf(page);
      await page.evaluate(() => Object.assign(window, { isSamePage: true }));

      await mortal.kill();
      await page.locator('[data-status="reconnecting"]').waitFor();
      mortal = await startTestServer({
        mongoUri,
        dataDir: server.dataDir,
        seedUsers: 0,
        env: { PORT: port },
      });
      await page.locator('[data-status="reconnecting"]').waitFor({ state: 'detached' });
      await waitForOrder(page, before);

      await page.locator('[data-item] [data-control="up"]').first().click();
      await waitForOtherOrder(page, before);
      expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true);
      await context.close();
    } finally {
      await mortal.stop();
    }
  });
});

/** What a user does, in Chromium, on the real server and database. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { keepPersona } from '../support/keep-persona.js';
import { startTestServer, type TestServer } from '../support/server.js';

import {
  buildClient,
  freePort,
  isInSight,
  openBrowser,
  openWindows,
  orderOf,
  PHONE,
  pointAway,
  signInAsDemoUser,
  waitForOrder,
  waitForOtherOrder,
} from './stage.js';

/** Demo users whose lists are compared before a thumb and after its undo. */
const UNMOVED = [0, 3];

describe('a user in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  let mongoUri: string;

  beforeAll(async () => {
    buildClient();
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri });
    browser = await openBrowser();
    for (const position of UNMOVED) await keepPersona(server.url, await demoToken(position));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function demoToken(position: number): Promise<string> {
    const { demoUsers } = await askFor<{ demoUsers: { id: string }[] }>(
      server.url,
      null,
      `{ demoUsers(first: ${position + 1}) { id } }`,
    );
    const { demoSignIn } = await askFor<{ demoSignIn: { token: string } }>(
      server.url,
      null,
      'mutation ($userId: ID!) { demoSignIn(userId: $userId) { ... on DemoSession { token } } }',
      { userId: demoUsers[position].id },
    );
    return demoSignIn.token;
  }

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
    expect(reasons.filter((reason) => /^(Because|More like|Also|Another) /.test(reason))).toHaveLength(10);
    const inFull = reasons.filter((reason) => reason.startsWith('Because '));
    for (const reason of inFull)
      expect(inFull.filter((other) => other === reason).length).toBeLessThanOrEqual(2);

    const listTop = () =>
      here.locator('ol:has([data-item])').evaluate((list) => list.getBoundingClientRect().top);
    await here.locator(`[data-item="${before[2]}"] [data-control="up"]`).click();
    const topBefore = await listTop();
    const after = await waitForOtherOrder(here, before);
    expect(after).not.toContain(before[2]);
    await waitForOrder(there, after);
    await here.getByText(/new.*updated in \d+ ms/).waitFor();
    // Rows that move to another rank must not take the page along.
    expect(await listTop()).toBe(topBefore);
    await there.locator(`[data-thumb="${before[2]}"] [data-control="up"][aria-pressed="true"]`).waitFor();

    await here.locator('[data-undo]').click();
    await pointAway(here);
    await waitForOrder(here, before);
    await waitForOrder(there, before);
    await there.locator('[data-thumb]').waitFor({ state: 'detached' });
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('is answered in the row of the thumb, with a way back, before the list is ranked anew', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, PHONE);
    const page = await open();
    await signInAsDemoUser(page, 3);
    const before = await orderOf(page);
    const row = page.locator(`[data-item="${before[7]}"]`);
    await row.locator('[data-control="down"]').click();
    const answer = row.locator('[data-answer="DOWN"]');
    await answer.getByText('Disliked').waitFor();
    expect(await isInSight(answer)).toBe(true);
    expect(await orderOf(page)).toEqual(before);
    await page.getByRole('status').getByText('You disliked').waitFor();
    await answer.getByRole('button', { name: 'Undo' }).click();
    await answer.waitFor({ state: 'detached' });
    expect(await orderOf(page)).toEqual(before);

    await row.locator('[data-control="up"]').click();
    await row.locator('[data-answer="UP"]').waitFor();
    const after = await waitForOtherOrder(page, before);
    expect(after).not.toContain(before[7]);
    expect(await isInSight(page.locator('[data-undo]'))).toBe(true);
    await page.locator('[data-undo]').click();
    await waitForOrder(page, before);
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('is told of every thumb that was lost, and sends them again', async () => {
    const { context, open } = await openWindows(browser, server.url, PHONE);
    const page = await open();
    await signInAsDemoUser(page, 5);
    const before = await orderOf(page);
    await context.setOffline(true);
    for (const place of [6, 8]) {
      const row = page.locator(`[data-item="${before[place]}"]`);
      await row.locator('[data-control="up"]').click();
      const lost = row.locator('[data-answer="FAILED"]');
      await lost.getByText('Not saved').waitFor();
      expect(await isInSight(lost)).toBe(true);
    }
    const bar = page.locator('[data-snackbar]');
    await bar.getByRole('status').getByText('2 thumbs could not be saved.').waitFor();
    expect(await isInSight(bar)).toBe(true);
    expect(await page.locator('[data-thumb]').count()).toBe(0);

    await context.setOffline(false);
    await bar.locator('[data-retry]').click();
    for (const place of [6, 8]) await page.locator(`[data-thumb="${before[place]}"]`).waitFor();
    const after = await waitForOtherOrder(page, before);
    expect(after).not.toContain(before[6]);
    expect(after).not.toContain(before[8]);
    await bar.getByText('could not be saved').waitFor({ state: 'detached' });
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

/** What an administrator does, in Chromium, on the real server and database. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, signInAsDemoUser, signInWithToken } from './stage.js';

const activeVersion = (page: Page) => page.locator('[data-active-version]').innerText();

async function waitForVersion(page: Page, isWanted: (version: string) => boolean): Promise<void> {
  await expect.poll(async () => isWanted(await activeVersion(page)), { timeout: 60_000 }).toBe(true);
}

describe('an administrator in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    token = (await server.run('token', '--role', 'admin')).trim();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function enter(path: string) {
    const windows = await openWindows(browser, server.url);
    const page = await windows.open(path);
    await signInWithToken(page, token);
    return { ...windows, page };
  }

  it('starts a retrain, sees its stages, and then the version it made, as do the lists of users', async () => {
    const users = await openWindows(browser, server.url);
    const list = await users.open();
    const pushed: string[] = [];
    list.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => pushed.push(String(payload))),
    );
    await signInAsDemoUser(list, 0);

    const { context, open, page, mishaps } = await enter('/admin/models');
    await page.locator('[data-active-version]').waitFor();
    const before = await activeVersion(page);
    const training = await open('/admin/training');
    await signInWithToken(training, token);

    await training.locator('[data-retrain]').click();
    await training.locator('section:has([data-progress]) li[aria-current="step"]').waitFor();
    await training.locator('[data-retrain]').waitFor({ timeout: 60_000 });
    await waitForVersion(page, (version) => version !== before);
    await training.locator('tr[data-run="SUCCEEDED"]').nth(0).waitFor();
    await expect
      .poll(() => pushed.some((frame) => frame.includes('"cause":"MODEL"')), { timeout: 20_000 })
      .toBe(true);

    // The version before is there to go back to.
    await page
      .getByRole('button', { name: /^Roll back to version/ })
      .first()
      .click();
    await page.locator('dialog[open] [data-confirm]').click();
    await waitForVersion(page, (version) => version === before);
    expect([...mishaps, ...users.mishaps]).toEqual([]);
    await context.close();
    await users.context.close();
  });

  it('is told when a token is not valid', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open('/sign-in');
    await signInWithToken(page, 'not-a-token');
    await page.getByText('This token is not valid').waitFor();
    await context.close();
  });

  it('is the only one who may open the pages', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open('/admin/training');
    await page.locator('[data-demo-user]').first().click();
    await page.getByText('Only administrators may open this page.').waitFor();
    expect(await page.locator('[data-retrain]').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Admin', exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'My list' }).click();
    await page.locator('[data-item]').first().waitFor();
    await context.close();
  });
});

/** What an administrator does, in Chromium, on the real server and database. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, signInWithToken } from './stage.js';

describe('an administrator in a browser', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('starts a retrain, sees its stages, and then the version it made', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open('/admin');
    await signInWithToken(page, await server.run('token', '--role', 'admin'));
    await page.locator('[data-active-version]').waitFor();
    const before = await page.locator('[data-active-version]').innerText();
    expect(await page.locator('tr[data-chosen]').count()).toBe(1);

    await page.locator('[data-retrain]').click();
    await page.locator('section:has([data-progress]) li[aria-current="step"]').waitFor();
    await page.locator('[data-retrain]').waitFor();
    await page.waitForFunction(
      (old) => document.querySelector('[data-active-version]')?.textContent?.trim() !== old,
      before.trim(),
    );
    expect(await page.locator('tr[data-run="SUCCEEDED"]').count()).toBeGreaterThan(0);

    const faults = (await new AxeBuilder({ page }).analyze()).violations;
    expect(faults.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

    // The version before is there to go back to.
    await page
      .getByRole('button', { name: /^Activate version/ })
      .first()
      .click();
    await page.waitForFunction(
      (old) => document.querySelector('[data-active-version]')?.textContent?.trim() === old,
      before.trim(),
    );
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('is told when a token is not valid', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open('/sign-in');
    await signInWithToken(page, 'not-a-token');
    await page.getByText('This token is not valid').waitFor();
    await context.close();
  });

  it('is the only one who may open the page', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open('/admin');
    await page.locator('[data-demo-user]').first().click();
    await page.getByText('Only administrators may open this page.').waitFor();
    expect(await page.locator('[data-retrain]').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Admin', exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'My list' }).click();
    await page.locator('[data-item]').first().waitFor();
    await context.close();
  });
});

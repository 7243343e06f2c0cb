/** The overview says whether all is well, links to what is behind it, and does not look alive when the server is gone. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, watchShifts } from './stage.js';

describe('the overview in a browser', () => {
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

  it('gives a verdict whose parts link to their pages, and totals with their change', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const shiftOf = await watchShifts(context);
    const page = await open('/admin');
    await page.locator('[data-status=good]').waitFor();
    // Nearly all users of the first-run data come in its last week.
    await page.locator('[data-kpi=events] [data-change]').getByText('too little before to compare').waitFor();
    await page.locator('[data-chart=ctr] canvas').waitFor();
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    await page.goto(`${server.url}/admin?range=30d`);
    await page.locator('[data-kpi=events] [data-change]').getByText('against the period before').waitFor();

    const paths = await page
      .locator('[data-part] a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(paths).toHaveLength(7);
    for (const path of new Set(paths)) {
      await page.goto(server.url + path);
      await page.locator('.frame h1').waitFor();
    }
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('marks a training in its charts, links it to its version, and links a persona to its users', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin?range=24h');
    await page.locator('[data-marks] summary').click();
    await page.locator('[data-marks]').getByRole('link', { name: 'Version 1 trained' }).click();
    await page.waitForURL(/\/admin\/models\?left=1/);

    await page.goto(`${server.url}/admin?range=7d`);
    await page.locator('[data-chart=ctr] [data-table-toggle]').click();
    await page.locator('[data-chart=ctr] tbody a').first().click();
    await page.waitForURL(/\/admin\/users\?persona=/);
    await page.locator('[data-user-row]').first().waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('opens the same custom range and time zone in another window', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin');
    await page.locator('[data-zone]').selectOption('utc');
    await page.getByText('Custom', { exact: true }).click();
    await page.locator('input[name=from]').fill('2026-01-05T00:00');
    await page.locator('input[name=to]').fill('2026-01-07T00:00');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/range=custom/);
    const other = await open(new URL(page.url()).pathname + new URL(page.url()).search);
    expect(await other.locator('input[name=from]').inputValue()).toBe('2026-01-05T00:00');
    expect(await other.locator('input[name=to]').inputValue()).toBe('2026-01-07T00:00');
    expect(await other.locator('[data-zone]').inputValue()).toBe('utc');
    expect(await other.locator('[data-live]').isDisabled()).toBe(true);
    await other.locator('[data-chart=ctr]').getByText('No activity in this time range.').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('counts failed requests, and turns its dots off when the server is gone', async () => {
    const { context, open } = await openWindows(browser, server.url, { token });
    const page = await open('/admin');
    await page.locator('[data-status=good]').waitFor();
    await page.locator('[data-tile] .dot.on').first().waitFor();
    const { analytics } = await askFor<{ analytics: { live: { errorRate: number } } }>(
      server.url,
      token,
      '{ analytics { live { errorRate } } }',
    );
    expect(analytics.live.errorRate).toBe(0);
    await server.kill();
    await page.locator('[data-status=bad]').waitFor();
    await page.getByText(/^Server unreachable; figures of /).waitFor();
    expect(await page.locator('[data-tile] .dot.on').count()).toBe(0);
    await context.close();
  });
});

/** A content editor and an operator at work: the catalogue, what is coming in, and lists before they are activated. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows } from './stage.js';

describe('items, events and previews in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;
  let userId: string;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    token = (await server.run('token', '--role', 'admin')).trim();
    browser = await openBrowser();
    const { users } = await ask<{ users: { nodes: { id: string }[] } }>(
      '{ users(first: 1) { nodes { id } } }',
    );
    userId = users.nodes[0]!.id;
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const ask = <T>(query: string, variables: Record<string, unknown> = {}) =>
    askFor<T>(server.url, token, query, variables);
  const listed = () =>
    ask<{ recommendations: { items: { item: { id: string } }[] } }>(
      'query ($id: ID) { recommendations(userId: $id, first: 10) { items { item { id } } } }',
      { id: userId },
    );
  const record = (itemId: string) =>
    ask('mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }', {
      events: [{ userId, type: 'VIEW', itemId, value: 12 }],
    });

  it('finds items by title and category, pages through them, and returns with Back', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/items');
    const rows = page.locator('[data-item-row]');
    await rows.first().waitFor();
    const firstId = await rows.first().getAttribute('data-item-row');
    await page.locator('[data-next]').click();
    await page.waitForURL(/after=/);
    await page.waitForFunction(
      (id) => document.querySelector('[data-item-row]')?.getAttribute('data-item-row') !== id,
      firstId,
    );
    await page.goBack();
    await page.locator(`[data-item-row="${firstId}"]`).waitFor();

    const category = await page.locator('[data-category] option').nth(1).getAttribute('value');
    await page.locator('[data-category]').selectOption(category);
    await page.waitForURL(/category=/);
    await expect
      .poll(async () => [...new Set(await page.locator('[data-item-row] td:nth-of-type(1)').allInnerTexts())])
      .toEqual([category]);
    const title = await rows.first().locator('a').innerText();
    await page.locator('input[name=search]').fill(title);
    await page.keyboard.press('Enter');
    await page.waitForURL(/search=/);
    await expect.poll(() => rows.count()).toBe(1);
    await page.goto(`${server.url}/admin/items?search=nothing-like-it`);
    await page.getByText('No items match.').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('shows what happened to an item and its neighbours, and changes it for every list', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const { recommendations } = await listed();
    const itemId = recommendations.items[0]!.item.id;
    const page = await open(`/admin/items/${itemId}`);
    await page.locator(`[data-item-page="${itemId}"]`).waitFor();
    const impressions = page.locator('[data-figure=impressions] dd');
    await expect.poll(async () => Number(await impressions.innerText())).toBeGreaterThan(0);
    await expect.poll(() => page.locator('[data-neighbour]').count()).toBe(10);

    await page.locator('input[name=title]').fill('A title of my own');
    await page.locator('input[name=tags]').fill('one, two, one');
    await page.locator('input[name=available]').uncheck();
    await page.keyboard.press('Enter');
    await page
      .locator('[data-saved]')
      .getByText(/^Saved/)
      .waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'A title of my own' }).waitFor();
    expect(await page.locator('input[name=tags]').inputValue()).toBe('one, two');
    const after = await listed();
    expect(after.recommendations.items.map(({ item }) => item.id)).not.toContain(itemId);

    await page.goto(`${server.url}/admin/items/no-such-item`);
    await page.getByText('No such item').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('shows events as they arrive, of all users and of one, and past imports', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    await record('item-0001');
    const page = await open('/admin/events');
    const rows = page.locator('[data-event]');
    await rows.first().waitFor();
    const before = await rows.count();
    await record('unheard-of');
    await page.getByText('not in the catalogue').waitFor();
    await expect.poll(() => rows.count()).toBe(before + 1);
    await expect.poll(() => page.locator('[data-ingestion=unknown] .value').innerText()).toBe('1');

    await rows.first().locator('a.id').click();
    await page.waitForURL(new RegExp(`user=${userId}`));
    // From the record: also what was simulated before the server started.
    await expect.poll(() => rows.count()).toBeGreaterThan(before + 1);
    await page.locator('[data-type]').selectOption('VIEW');
    await expect
      .poll(() =>
        rows.evaluateAll((all) => [...new Set(all.map((row) => (row as HTMLElement).dataset['event']))]),
      )
      .toEqual(['VIEW']);
    await page.locator('input[name=user]').fill('ann');
    await page.getByText('A pseudonym has 64 hexadecimal digits.').waitFor();
    await page.keyboard.press('Enter');

    await fetch(`${server.url}/import?kind=items&name=books.csv`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: 'itemId,title\nunheard-of,Found at last\n,No id\n',
    });
    const row = page.locator('[data-import-row]', { hasText: 'books.csv' });
    await row.waitFor();
    expect(new URL(page.url()).searchParams.get('user')).toBe(userId);
    expect(await row.innerText()).toMatch(/Items\s+2\s+1\s+0\s+0\s+1/);
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('puts two lists side by side and marks their differences, under an address that opens them again', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open(`/admin/preview?user=${userId}`);
    const side = (name: string) => page.locator(`[data-side=${name}]`);
    await side('right').locator('[data-listed]').nth(9).waitFor();
    // With one version only, both sides are the same until a setting differs.
    await page.getByText('10 of 10 items are in both lists.').waitFor();
    expect(await page.locator('[data-change]:not([data-change=same])').count()).toBe(0);
    await side('right').locator('[data-diversity]').fill('1');
    await page.waitForURL(/rightDiversity=1/);
    await page.locator('[data-change]:not([data-change=same])').first().waitFor();

    const shown = () =>
      side('right')
        .locator('[data-listed]')
        .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['listed']));
    const order = await shown();
    await page.reload();
    await side('right').locator('[data-listed]').nth(9).waitFor();
    expect(await shown()).toEqual(order);
    expect(mishaps).toEqual([]);
    await context.close();
  });
});

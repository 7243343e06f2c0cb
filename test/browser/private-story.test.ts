/** Private mode in Chromium: loaded once, it lists, explains and learns with the network cut, and sends nothing. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { signIn } from '../bench/server.js';
import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import {
  buildClient,
  openBrowser,
  openWindows,
  orderOf,
  PHONE,
  ROWS,
  waitForOrder,
  waitForOtherOrder,
} from './stage.js';

describe('private mode', () => {
  let server: TestServer;
  let browser: Browser;
  let user: { id: string; token: string };

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    [user] = (await signIn(server.url, 1)) as [typeof user];
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const requestsShown = (page: Page) => page.locator('[data-requests]').innerText();
  const thumb = (page: Page, itemId: string, control: 'up' | 'down') =>
    page.locator(`${ROWS}[data-item="${itemId}"] [data-control="${control}"]`).click();

  it.each([
    { device: 'a desktop', options: {} },
    { device: 'a phone', options: PHONE },
  ])('learns from thumbs and explains with the network cut, on $device', async ({ options }) => {
    const { context, mishaps, open } = await openWindows(browser, server.url, {
      token: user.token,
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await open();
    await page.locator(ROWS).first().waitFor();
    await page.locator('nav a[href="/private"]').click();
    await page.locator('[data-requests]').waitFor();
    await page.waitForLoadState('networkidle');
    await context.setOffline(true);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    page.on('websocket', (socket) => sent.push(socket.url()));

    const first = await orderOf(page);
    expect(first).toHaveLength(10);
    await thumb(page, first[0]!, 'up');
    const liked = await waitForOtherOrder(page, first);
    expect(liked).not.toContain(first[0]);
    await thumb(page, liked[1]!, 'down');
    const both = await waitForOtherOrder(page, liked);
    expect(both).not.toContain(liked[1]);
    await page.locator('[data-snackbar] button', { hasText: 'Undo' }).click();
    await waitForOrder(page, liked);

    await page.locator('summary').first().click();
    await page.locator('[data-what-if]').first().click();
    expect(await page.locator('[data-what-if-answer]').first().innerText()).toMatch(/rank \d+/);

    await page.locator('[data-erase-device]').click();
    await waitForOrder(page, first);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(first[0]);
    expect(sent).toEqual([]);
    expect(await requestsShown(page)).toBe('0');
    expect(mishaps.filter((mishap) => !mishap.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
    await context.close();
  });

  it('keeps the thumbs in the browser only, for the next visit of the same user', async () => {
    const { context, open } = await openWindows(browser, server.url, { token: user.token });
    const page = await open('/private');
    await page.locator(ROWS).first().waitFor();
    const first = await orderOf(page);
    await thumb(page, first[2]!, 'up');
    const liked = await waitForOtherOrder(page, first);
    await page.reload();
    await waitForOrder(page, liked);
    const { me } = await askFor<{ me: { feedback: { nodes: { itemId: string }[] } } }>(
      server.url,
      user.token,
      '{ me { feedback(first: 100) { nodes { itemId } } } }',
    );
    expect(me.feedback.nodes.map(({ itemId }) => itemId)).not.toContain(first[2]);

    // An erasure at the server includes what this browser keeps of the user.
    await page.locator('nav a[href="/my-data"]').click();
    await page.locator('[data-erase]').click();
    await page.locator('[data-confirm]').click();
    await page.waitForURL('**/sign-in*');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(first[2]);
    await context.close();
  });

  it('lists for a new user what the server lists, and ranks in WebAssembly', async () => {
    const token = (await server.run('token', '--role', 'user', '--user', 'newcomer')).trim();
    const { recommendations } = await askFor<{ recommendations: { items: { item: { id: string } }[] } }>(
      server.url,
      token,
      '{ recommendations(first: 10) { items { item { id } } } }',
    );
    const { context, mishaps, open } = await openWindows(browser, server.url, { token });
    const page = await open('/private');
    await page.locator(ROWS).first().waitFor();
    expect(await orderOf(page)).toEqual(recommendations.items.map(({ item }) => item.id));
    // The policy of the server lets its own scripts compile the kernels.
    const hasCompiled = () =>
      new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) instanceof WebAssembly.Module;
    expect(await page.evaluate(hasCompiled)).toBe(true);
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('says that there is no model yet, and loads it by itself as soon as there is one', async () => {
    const token = (await server.run('token', '--role', 'user', '--user', 'early')).trim();
    const { context } = await openWindows(browser, server.url, { token });
    const page = await context.newPage();
    let isTrained = false;
    await page.route('**/model', async (route) => {
      if (isTrained) return route.continue();
      const error = { message: 'No model is active yet.', extensions: { code: 'NO_ACTIVE_MODEL' } };
      return route.fulfill({ status: 404, json: { errors: [error] } });
    });
    await page.goto(`${server.url}/private`);
    await page.getByText('No model is active yet.').waitFor();
    isTrained = true;
    await page.locator(ROWS).first().waitFor();
    await context.close();
  });

  it('is not offered by a server that does not publish its model', async () => {
    const closed = await startTestServer({
      mongoUri: freshDatabase(inject('mongoUri')),
      env: { SMARTPERSONA_PRIVATE_MODE: 'false' },
    });
    const [visitor] = await signIn(closed.url, 1);
    const { context, open } = await openWindows(browser, closed.url, { token: visitor!.token });
    const page = await open();
    await page.locator(ROWS).first().waitFor();
    expect(await page.locator('nav a[href="/private"]').count()).toBe(0);
    await page.goto(`${closed.url}/private`);
    await page.getByText('This site does not offer private mode.').waitFor();
    await context.close();
    await closed.stop();
  });
});

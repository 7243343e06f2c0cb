/** What is a user's own, in Chromium: the persona, the list's shape, what is recorded, and both ways out. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
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
  settle,
  signInAsDemoUser,
  waitForOrder,
  waitForOtherOrder,
  watchShifts,
} from './stage.js';

describe('what is a user’s own in a browser', () => {
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

  it('says "not me", is believed across a reload, and takes it back', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open();
    await signInAsDemoUser(page, 0);
    const before = await page.locator('[data-persona]').innerText();

    await page.locator('[data-correct]').click();
    const other = page.locator('[data-choose]').filter({ hasNotText: '· now' }).first();
    const label = await other.locator('.label').innerText();
    await other.click();
    await page.getByText('You chose this persona.').waitFor();
    expect(await page.locator('[data-persona]').innerText()).toBe(label);
    expect(label).not.toBe(before);
    await page.reload();
    await page.getByText('You chose this persona.').waitFor();

    await page.locator('[data-correct]').click();
    await page.locator('[data-withdraw]').click();
    await page.getByText('You chose this persona.').waitFor({ state: 'detached' });
    expect(await page.locator('[data-persona]').innerText()).toBe(before);
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('asks what if, keeps to one category, asks for more, and opens what a search found', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open();
    await signInAsDemoUser(page, 1);
    await page.locator('[data-feature]').first().waitFor();
    await page.locator('summary').first().click();
    await page.locator('[data-what-if]').first().click();
    await page
      .locator('[data-what-if-answer]')
      .filter({ hasText: /rank \d+/ })
      .waitFor();

    const category = await page.locator('[data-category] option').nth(1).innerText();
    await page.locator('[data-category]').selectOption(category);
    await page.waitForFunction((wanted) => {
      const rows = [...document.querySelectorAll('li[data-item]:not([inert])')];
      return rows.length > 0 && rows.every((row) => row.querySelector('.meta')?.textContent.includes(wanted));
    }, category);
    await page.locator('[data-category]').selectOption('');
    await page.locator('[data-more]').click();
    await expect.poll(async () => (await orderOf(page)).length, { timeout: 20_000 }).toBe(20);

    const title = await page.locator('[data-open]').first().innerText();
    await page.locator('[data-search]').fill(title.split(' ')[0] ?? title);
    await page.locator('[data-found] button').first().click();
    await page.locator('[data-item-dialog] [data-found]').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[data-item-dialog]').waitFor({ state: 'detached' });
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('opens an item under an address of its own, which Back closes and another window opens', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open();
    await signInAsDemoUser(page, 1);
    const panel = '[data-item-dialog]';
    const row = page.locator('[data-open]').nth(5);
    await row.scrollIntoViewIfNeeded();
    const top = await page.evaluate(() => scrollY);
    const title = await row.innerText();
    await row.click();
    await page.locator(panel).getByText(title).first().waitFor();
    const address = page.url();
    expect(new URL(address).searchParams.has('item')).toBe(true);

    await page.locator(`${panel} [data-found]`).first().click();
    await page.waitForURL((url) => url.href !== address);
    await page.goBack();
    await page.locator(panel).waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('');
    expect(await page.evaluate(() => scrollY)).toBe(top);

    await row.click();
    await page.locator(panel).waitFor();
    await page.keyboard.press('Escape');
    await page.locator(panel).waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('');

    await page.goto(address);
    await page.locator(panel).getByText(title).first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator(panel).waitFor({ state: 'detached' });
    await page.locator(ROWS).first().waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it.each([
    { device: 'a phone', options: PHONE },
    { device: 'a desktop', options: {} },
  ])('narrows the list to one side of the taste on $device, and shows all again', async ({ options }) => {
    const token = await tokenOfTwoSides(server.url);
    const { context, open, mishaps } = await openWindows(browser, server.url, { token, ...options });
    const page = await open();
    await page.locator('[data-facet]').first().waitFor();
    const before = await orderOf(page);
    const side = page.locator('[data-facet]').nth(1);
    const label = await side.locator('.label').innerText();

    await side.click();
    await page.locator('[data-narrowed]').getByText(label).waitFor();
    await expect.poll(() => side.getAttribute('aria-pressed')).toBe('true');
    expect(await waitForOtherOrder(page, before)).not.toEqual(before);

    await page.locator('[data-clear-facet]').click();
    await page.locator('[data-narrowed]').waitFor({ state: 'detached' });
    await waitForOrder(page, before);
    expect(await side.getAttribute('aria-pressed')).toBe('false');
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('starts with the list on a phone: the persona is one line, and the tools wait behind a button', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, PHONE);
    const page = await open();
    await signInAsDemoUser(page, 0);
    await page.locator('[data-persona-line]').getByText('Confidence').waitFor();
    const first = (await page.locator(ROWS).first().boundingBox())!;
    expect(first.y + first.height).toBeLessThanOrEqual(PHONE.viewport.height);

    await page.locator('[data-persona-line]').click();
    await page.locator('dialog[open] [data-feature]').first().waitFor();
    await page.locator('dialog[open] [data-correct]').click();
    await page.locator('[data-choose]').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[data-choose]').first().waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });

    expect(await page.locator('[data-search]').isVisible()).toBe(false);
    await page.locator('[data-tools]').click();
    await page.locator('[data-search]').fill('a');
    await page.locator('[data-found]').first().waitFor();
    await page.locator('[data-category]').selectOption({ index: 1 });
    const category = await page.locator('[data-category] option').nth(1).innerText();
    await page.locator('[data-tools]').getByText(category).waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it.each([
    { device: 'a phone', options: PHONE },
    { device: 'a desktop', options: {} },
  ])('sees the list come up on $device without parts that jump', async ({ options }) => {
    const { context, open } = await openWindows(browser, server.url, options);
    const shiftOf = await watchShifts(context);
    const page = await open();
    await signInAsDemoUser(page, 1);
    // Once more, without the press that excuses what moves after it, and with the persona coming last.
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/graphql', async (route) => {
      if (/"(Viewer|MyPersona)"/.test(route.request().postData() ?? '')) await isReleased;
      await route.continue();
    });
    await page.reload();
    await page.locator(ROWS).first().waitFor();
    release();
    await page.locator('[data-persona], [data-persona-line]').waitFor();
    await settle(page);
    await page.waitForLoadState('networkidle');
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    await context.close();
  });

  it('counts an item that is opened as a click, with its place in the list', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open();
    await signInAsDemoUser(page, 3);
    const itemId = (await orderOf(page))[2];
    await page.locator('[data-open]').nth(2).click();
    await page.locator('[data-item-dialog]').waitFor();
    const token = await page.evaluate(() => sessionStorage.getItem('smartpersona.token'));
    const latest = async () => {
      const { me } = await askFor<{ me: { user: { activity: { nodes: Record<string, unknown>[] } } } }>(
        server.url,
        token,
        '{ me { user { activity(first: 1) { nodes { type itemId position } } } } }',
      );
      return me.user.activity.nodes[0];
    };
    await expect.poll(latest, { timeout: 20_000 }).toEqual({ type: 'CLICK', itemId, position: 2 });
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('reads what is recorded, takes it along, and erases it, which ends signed out', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { reducedMotion: 'reduce' });
    const page = await open();
    await signInAsDemoUser(page, 2);
    const isAnswered = page.waitForResponse(
      (answer) => answer.request().postData()?.includes('SendFeedback') === true,
    );
    await page.locator('[data-item] [data-control="up"]').first().click();
    await isAnswered;
    await page.locator('a[href$="/my-data"]').click();
    await page.locator('[data-chart=my-persona] [data-lane]').first().waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
    await page.locator('[data-event]').first().waitFor();
    // Lists shown after the thumb may fill the first page of the whole history: the filter finds it.
    await page.locator('[data-history-type]').selectOption('LIKE');
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll('[data-event]')];
      return rows.length > 0 && rows.every((row) => row.getAttribute('data-event') === 'LIKE');
    });
    const saved = page.waitForEvent('download');
    await page.locator('[data-export]').click();
    expect((await saved).suggestedFilename()).toBe('smartpersona-my-data.json');

    await page.locator('[data-erase]').click();
    await page.locator('dialog[open] [data-confirm]').click();
    await page.locator('[data-farewell]').waitFor();
    await page.locator('[data-demo-user]').first().waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  // Last: the first thumb of a real user ends the demo.
  it('is asked about five items on a first visit, and not any more once one is answered', async () => {
    const token = (await server.run('token', '--role', 'user', '--user', 'first-visit')).trim();
    const { context, open, mishaps } = await openWindows(browser, server.url, { ...PHONE, token });
    const page = await open();
    const picks = page.locator('[data-onboarding] [data-pick]');
    await picks.first().waitFor();
    expect(await picks.count()).toBe(5);
    await settle(page);
    const { violations } = await new AxeBuilder({ page }).include('[data-onboarding]').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await picks.nth(1).locator('[data-control="up"]').click();
    await page.locator('[data-thumb]').waitFor();
    expect(await picks.count()).toBe(5);
    await page.locator('[data-skip]').click();
    await picks.first().waitFor({ state: 'detached' });
    await page.reload();
    await page.locator(ROWS).first().waitFor();
    await page.locator('[data-thumb]').waitFor();
    expect(await picks.count()).toBe(0);
    expect(mishaps).toEqual([]);
    await context.close();
  });
});

/** The token of a demo user who likes items of two categories: few simulated users give thumbs enough for a facet. */
async function tokenOfTwoSides(url: string): Promise<string> {
  const [, { token }] = await signIn(url, 2);
  const { items } = await askFor<{ items: { nodes: { id: string; category: string }[] } }>(
    url,
    token,
    '{ items(first: 100) { nodes { id category } } }',
  );
  const [one, other] = new Set(items.nodes.map(({ category }) => category));
  for (const side of [one, other])
    for (const { id } of items.nodes.filter(({ category }) => category === side).slice(0, 5))
      await askFor(
        url,
        token,
        'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }',
        { input: { itemId: id, value: 'UP' } },
      );
  return token;
}

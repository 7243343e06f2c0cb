/** The admin pages one by one, in Chromium, on the real server and database. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, settle, signInWithToken } from './stage.js';

interface Listed {
  readonly recommendations: {
    readonly listId: string;
    readonly items: readonly { readonly item: { readonly id: string } }[];
  };
}

describe('the admin pages in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;
  let userId: string;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    token = (await server.run('token', '--role', 'admin')).trim();
    browser = await openBrowser();
    userId = await act();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Somebody is shown a list, clicks in it and gives a thumb. */
  async function act(): Promise<string> {
    const { users } = await askFor<{ users: { nodes: { id: string }[] } }>(
      server.url,
      token,
      '{ users(first: 1) { nodes { id } } }',
    );
    const id = users.nodes[0]!.id;
    const { recommendations } = await listOf(id);
    const row = {
      userId: id,
      itemId: recommendations.items[0]!.item.id,
      listId: recommendations.listId,
      position: 0,
    };
    await askFor(
      server.url,
      token,
      'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
      {
        events: [
          { ...row, type: 'IMPRESSION' },
          { ...row, type: 'CLICK', value: 20 },
        ],
      },
    );
    await askFor(
      server.url,
      token,
      'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }',
      { input: { ...row, value: 'UP' } },
    );
    return id;
  }

  const listOf = (id: string) =>
    askFor<Listed>(
      server.url,
      token,
      'query ($id: ID) { recommendations(userId: $id, first: 10) { listId items { item { id } } } }',
      { id },
    );

  it('draws no chart under a range whose figures have not arrived', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin?range=24h');
    await page.locator('[data-chart=ctr] canvas').waitFor();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('"grain":"DAY"')) await held;
      await route.continue();
    });
    await page.getByText('30 d', { exact: true }).click();
    await page.waitForURL(/range=30d/);
    await page.locator('[data-chart=ctr] [role=status]').waitFor();
    expect(await page.locator('[data-chart] canvas').count()).toBe(0);
    release();
    await page.locator('[data-chart=ctr] canvas').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('shows figures of this moment, keeps the range in the address, and has a table behind every chart', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin?range=24h');
    await page.locator('[data-tile=model]').getByText('Version 1').waitFor();
    expect(await page.locator('input[name=range]:checked').getAttribute('value')).toBe('24h');
    await page.getByText('1 h', { exact: true }).click();
    await page.waitForURL(/range=1h/);
    await page.reload();
    await page.locator('input[value="1h"]:checked').waitFor({ state: 'attached' });
    await page.locator('[data-live]').click();
    await page.waitForURL(/refresh=off/);

    for (const path of ['/admin?range=1h', '/admin/personas']) {
      await page.goto(server.url + path);
      await page.locator('[data-chart] canvas').first().waitFor();
      await settle(page);
      const toggles = page.locator('[data-table-toggle]');
      const count = await toggles.count();
      expect(count).toBeGreaterThan(1);
      for (let index = 0; index < count; index++) await toggles.nth(index).click();
      expect(await page.locator('[data-chart] tbody').count()).toBe(count);
      expect(await page.locator('[data-chart] canvas').count()).toBe(0);
    }
    const waiting = page.waitForEvent('download');
    await page.locator('[data-chart=evidence] [data-download]').click();
    expect((await waiting).suggestedFilename()).toBe('evidence.csv');
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('looks a user up: the same list in the same order, with reasons', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/users');
    await page.locator('input[name=pseudonym]').fill(userId);
    await page.keyboard.press('Enter');
    await page.locator(`[data-user="${userId}"] [data-listed]`).first().waitFor();
    const shown = await page
      .locator('[data-listed]')
      .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['listed']));
    expect(shown).toEqual((await listOf(userId)).recommendations.items.map(({ item }) => item.id));
    // In the third person; the user's own page says "Because you …".
    for (const reason of await page.locator('[data-reason]').allInnerTexts())
      expect(reason).toMatch(
        /^(Liked|Disliked|Showed interest in|Just visited|Persona|Popular|Past|A new|More like|Also|Another|Looked at before) ?/,
      );
    expect(page.url()).toContain(`user=${userId}`);

    await page.goto(`${server.url}/admin/users?user=${'0'.repeat(64)}`);
    await page.getByText('No user with this pseudonym.').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('finds users by the first digits of a pseudonym, and goes back from a user to the list', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/users');
    const rows = page.locator('[data-user-row]');
    await rows.nth(1).waitFor();
    await page.locator('input[name=pseudonym]').fill(`${userId.slice(0, 16)}…`);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('[data-user-row]').length === 1);
    await rows.click();
    await page.locator(`[data-user="${userId}"]`).waitFor();
    await page.goBack();
    await rows.waitFor();
    await page.locator('input[name=pseudonym]').fill('no digits');
    await page.keyboard.press('Enter');
    await page.locator('[data-not-hexadecimal]').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('says that a page could not be loaded, and loads it again', async () => {
    const { context, open } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/alerts');
    await settle(page);
    await page.route('**/assets/ModelsPage*', (route) => route.abort());
    await page.locator('a[href="/admin/models"]').first().click();
    const reload = page.locator('[data-failed-page] a');
    await reload.waitFor();
    await page.unroute('**/assets/ModelsPage*');
    await reload.click();
    await page.locator('[data-active-version]').waitFor();
    expect(await page.locator('[data-failed-page]').count()).toBe(0);
    await context.close();
  });

  it('takes along everything about a user, and erases it after asking once more', async () => {
    const { users } = await askFor<{ users: { nodes: { id: string }[] } }>(
      server.url,
      token,
      '{ users(first: 2) { nodes { id } } }',
    );
    const { id } = users.nodes[1]!;
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open(`/admin/users?user=${id}`);
    const saved = page.waitForEvent('download');
    await page.locator('[data-export]').click();
    expect((await saved).suggestedFilename()).toBe(`${id}.json`);

    await page.locator('[data-erase]').click();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.matches('[data-erase]'))).toBe(true);
    await page.keyboard.press('Enter');
    await page.locator('dialog[open] [data-confirm]').click();
    await page.locator('[data-erased]').waitFor();
    await page.goto(`${server.url}/admin/users?user=${id}`);
    await page.getByText('No user with this pseudonym.').waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('gives a persona another name', async () => {
    const { context, open } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/personas');
    await page
      .getByRole('button', { name: /^Rename/ })
      .first()
      .click();
    await page.locator('[data-rename] input').fill('Window shoppers');
    await page.keyboard.press('Enter');
    await page.locator('th', { hasText: 'Window shoppers' }).waitFor();
    await context.close();
  });

  it('imports a file: good rows land, bad ones are listed', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin/data');
    const at = new Date().toISOString();
    await page.locator('input[type=file]').setInputFiles({
      name: 'events.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        `userId,type,itemId,timestamp\nnew-person,view,item-0001,${at}\nnew-person,sniff,item-0001,${at}\n`,
      ),
    });
    await page.locator('[data-import]').click();
    await page.locator('[data-import-result]').waitFor();
    expect(await page.locator('[data-fact=recorded] dd').innerText()).toBe('1');
    expect(await page.locator('[data-fact=rejected] dd').innerText()).toBe('1');
    expect(await page.locator('[data-reject]').innerText()).toContain('type');
    expect(mishaps).toEqual([]);
    await context.close();
  });
});

describe('alerts in a browser', () => {
  it('appear as they are raised, with a badge, until they are acknowledged', async () => {
    buildClient();
    const server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 0 });
    const browser = await openBrowser();
    try {
      const { open } = await openWindows(browser, server.url);
      const page = await open('/admin/alerts');
      await signInWithToken(page, (await server.run('token', '--role', 'admin')).trim());
      await page.getByText('Nothing needs your attention.').waitFor();

      // There is nothing to learn from, so the run fails.
      const token = await page.evaluate(() => sessionStorage.getItem('smartpersona.token'));
      await askFor(server.url, token, 'mutation { retrain { __typename } }');
      await page.locator('[data-alert=TRAINING_FAILED]').waitFor();
      expect(await page.locator('[data-open-alerts]').innerText()).toBe('1');

      await page.locator('[data-acknowledge]').click();
      await page.getByText('Nothing needs your attention.').waitFor();
      await page.locator('[data-open-alerts]').waitFor({ state: 'detached' });
      await page.getByText('Show acknowledged alerts').click();
      await page.locator('[data-alert=TRAINING_FAILED]').waitFor();
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});

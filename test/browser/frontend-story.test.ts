/** What developers of frontends meet: the explorer, publishable keys, and a production that serves registered operations only. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { ask, askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { blocksIn, readDocument } from '../support/documents.js';
import { startTestServer, type TestServer } from '../support/server.js';

import {
  buildClient,
  openBrowser,
  openWindows,
  orderOf,
  signInAsDemoUser,
  waitForOtherOrder,
} from './stage.js';

const UPDATES = 'subscription Updates { recommendationsUpdated(first: 1) { cause } }';
const THUMB = 'mutation ($item: ID!) { sendFeedback(input: { itemId: $item, value: DOWN }) { __typename } }';

type EditorName = 'Query Editor' | 'Headers' | 'Result Window';

/** One of the explorer's editors; of those that share a place, the one that shows. */
function editorOf(page: Page, name: EditorName): Locator {
  return page.locator(`section[aria-label="${name}"] .CodeMirror`).filter({ visible: true }).first();
}

async function write(page: Page, name: EditorName, text: string): Promise<void> {
  await editorOf(page, name).evaluate((element, value) => {
    (element as unknown as { CodeMirror: { setValue(value: string): void } }).CodeMirror.setValue(value);
  }, text);
}

describe('a frontend', () => {
  let server: TestServer;
  let production: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    production = await startTestServer({
      mongoUri: freshDatabase(inject('mongoUri')),
      env: { NODE_ENV: 'production', SMARTPERSONA_DEMO: 'true', SMARTPERSONA_PERSISTED_ONLY: 'true' },
    });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), production?.stop()]);
  });

  it('is explored at /graphiql, subscriptions included, without asking any other host', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url);
    const page = await open('/graphiql');
    const answer = editorOf(page, 'Result Window');
    const run = page.locator('button.graphiql-execute-button');
    for (const name of ['Query Editor', 'Headers', 'Result Window'] as const)
      await editorOf(page, name).waitFor();
    await run.click();
    await answer.getByText('isSynthetic').waitFor();

    const { demoUsers } = await askFor<{ demoUsers: { id: string }[] }>(
      server.url,
      null,
      '{ demoUsers { id } }',
    );
    const { demoSignIn } = await askFor<{ demoSignIn: { token: string } }>(
      server.url,
      null,
      `mutation { demoSignIn(userId: "${demoUsers[0]!.id}") { ... on DemoSession { token } } }`,
    );
    await write(page, 'Headers', JSON.stringify({ Authorization: `Bearer ${demoSignIn.token}` }));
    await write(page, 'Query Editor', 'query List { recommendations(first: 1) { listId } }');
    await page.locator('.graphiql-tab', { hasText: 'List' }).waitFor();
    await run.click();
    await answer.getByText('recommendations').waitFor();

    await write(page, 'Query Editor', UPDATES);
    await page.locator('.graphiql-tab', { hasText: 'Updates' }).waitFor();
    await run.click();
    const { recommendations } = await askFor<{ recommendations: { items: { item: { id: string } }[] } }>(
      server.url,
      demoSignIn.token,
      '{ recommendations { items { item { id } } } }',
    );
    // The subscription may open after the first thumb, so there is one after another until it is heard of.
    const push = answer.getByText('FEEDBACK').waitFor();
    let isPushed = false;
    void push.then(
      () => (isPushed = true),
      () => (isPushed = true),
    );
    for (const { item } of recommendations.items) {
      if (isPushed) break;
      await askFor(server.url, demoSignIn.token, THUMB, { item: item.id });
      await page.waitForTimeout(500);
    }
    await push;
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('without a backend shows lists with a publishable key, until the key is revoked', async () => {
    let html = '';
    const shop = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(html),
    );
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    try {
      const token = (await server.run('token', '--role', 'admin')).trim();
      const admin = await openWindows(browser, server.url, { token, reducedMotion: 'reduce' });
      const settings = await admin.open('/admin/settings');
      const section = settings.locator('[data-keys]');
      await section.locator('input[name=key-label]').fill('Shop');
      await section.locator('input[name=origins]').fill(origin);
      await section.locator('form button[type=submit]').click();
      const key = await section.locator('[data-code]').innerText();
      await section.getByRole('rowheader', { name: 'Shop' }).waitFor();
      await settings.locator('[data-audit] tr[data-entry="CREATE_KEY"]').waitFor();
      expect((await new AxeBuilder({ page: settings }).analyze()).violations).toEqual([]);

      const example = blocksIn(readDocument('docs/frontend.md')).find(({ language }) => language === 'html')!;
      html = example.code.replace('pk_…', key).replaceAll('http://localhost:4000', server.url);
      const visitor = await browser.newContext();
      const page = await visitor.newPage();
      await page.goto(origin);
      await page.locator('#list li').nth(2).waitFor();
      const recorded = page.waitForResponse(async (response) =>
        (await response.text()).includes('"recorded":1'),
      );
      await page.locator('#list li').first().click();
      await recorded;
      await visitor.close();

      await section.getByRole('button', { name: 'Revoke the key “Shop”' }).click();
      await settings.locator('dialog[open] [data-confirm]').click();
      await section.getByText('No publishable keys yet.').waitFor();
      const later = await browser.newContext();
      const refused = await later.newPage();
      const answer = refused.waitForEvent('requestfailed');
      await refused.goto(origin);
      expect((await answer).url()).toBe(`${server.url}/graphql`);
      await later.close();
      await admin.context.close();
    } finally {
      shop.close();
    }
  });

  it('of the product needs nothing but its registered operations', async () => {
    const { context, open, mishaps } = await openWindows(browser, production.url);
    const page = await open();
    await signInAsDemoUser(page, 0);
    const before = await orderOf(page);
    const other = await open();
    await other.evaluate(
      (token) => sessionStorage.setItem('smartpersona.token', token!),
      await page.evaluate(() => sessionStorage.getItem('smartpersona.token')),
    );
    await other.goto(production.url);
    await other.locator('li[data-item]').first().waitFor();
    await page.locator('li[data-item]').first().getByRole('button').last().click();
    await waitForOtherOrder(page, before);
    await waitForOtherOrder(other, before);
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('finds neither the explorer nor the schema in production', async () => {
    for (const path of ['/graphiql', '/graphiql/', '/graphiql/index.html']) {
      const page = await fetch(production.url + path, { headers: { accept: 'text/html' } });
      expect(page.status).toBe(404);
    }
    const answer = await ask(production.url, null, '{ __schema { queryType { name } } }');
    expect(answer.errors?.[0]?.extensions?.code).toBe('PERSISTED_QUERY_REQUIRED');
  });
});

/** Accounts in Chromium, on the real server: the first administrator, a wrong sign-in, a token, and a viewer. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startReceiver, type Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, settle } from './stage.js';

const PASSWORD = 'correct horse battery';

/** Axe in light colours, and contrast in dark. */
async function faultsOf(page: Page): Promise<string[]> {
  const light = await new AxeBuilder({ page }).analyze();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.querySelector('.v-theme--dark') !== null);
  const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light.violations, ...dark.violations].map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

describe('an administrator with an account', () => {
  let server: TestServer;
  let browser: Browser;
  let receiver: Receiver;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({
      ...{ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 0 },
      env: { SMARTPERSONA_WEBHOOK_PRIVATE: 'true' },
    });
    receiver = await startReceiver();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await receiver?.close();
  });

  const signIn = async (page: Page, name: string, password: string) => {
    const form = page.locator('[data-account-form]');
    await form.locator('input[name=username]').fill(name);
    await form.locator('input[name=password]').fill(password);
    await form.locator('button[type=submit]').click();
  };

  it('opens the link, signs in, makes a token, invites a viewer, and finds all of it in the audit log', async () => {
    const [, path] = /http:\/\/localhost:\d+(\/set-up\?code=\S+)/.exec(server.output())!;
    const { context, open } = await openWindows(browser, server.url, { reducedMotion: 'reduce' });
    const page = await open(path);
    await page.locator('input[name=username]').fill('Ada');
    expect(await faultsOf(page)).toEqual([]);
    expect(page.url()).toBe(`${server.url}/set-up`);
    await page.locator('input[name=new-password]').fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
    await page.waitForURL(`${server.url}/admin`);

    // A second page of the browser is signed in too; the cookie is out of the reach of scripts.
    const second = await open('/admin/settings');
    await second.locator('tr[data-account="Ada"]').waitFor();
    expect(await second.evaluate(() => document.cookie)).toBe('');
    await second.close();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('[data-account-form]').waitFor();
    expect(await page.locator('[data-farewell]').count()).toBe(0);
    await signIn(page, 'Ada', 'a wrong password');
    await page.getByText('The name or the password is wrong.').waitFor();
    await signIn(page, 'Ada', PASSWORD);
    await page.waitForURL(`${server.url}/admin`);

    await page.getByRole('link', { name: 'Settings' }).click();
    await page.locator('[data-new-token] input[name=label]').fill('Shop backend');
    await page.locator('[data-new-token] button[type=submit]').click();
    const token = await page.locator('[data-tokens] [data-code]').innerText();
    expect(token.split('.')).toHaveLength(3);
    await page.getByRole('rowheader', { name: 'Shop backend' }).waitFor();

    const webhooks = page.locator('[data-webhooks]');
    await webhooks.locator('input[name=webhook-url]').fill(receiver.url);
    await webhooks.locator('form button[type=submit]').click();
    expect(await webhooks.locator('[data-code]').innerText()).toMatch(/^whsec_/);
    await webhooks.getByRole('button', { name: 'Send a test' }).click();
    await webhooks.locator('[data-delivery="TEST"]').getByText('Delivered').waitFor();
    expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({ type: 'test' });
    await page.locator('[data-audit] tr[data-entry="CREATE_WEBHOOK"]').waitFor();

    await page.locator('input[name=share]').fill('12.5');
    await page.locator('[data-thresholds] button[type=submit]').click();
    await page.locator('[data-audit] tr[data-entry="CHANGE_THRESHOLDS"]').waitFor();
    await page.reload();
    expect(await page.locator('input[name=share]').inputValue()).toBe('12.5');
    expect(await page.locator('input[name=psi]').inputValue()).toBe('0.25');

    await page.locator('[data-invite] input[name=invite]').fill('Vera');
    await page.locator('[data-invite] button[type=submit]').click();
    const link = await page.locator('[data-accounts] [data-code]').innerText();
    for (const action of ['CREATE_TOKEN', 'CREATE_ACCOUNT', 'SET_PASSWORD', 'SIGN_IN'])
      await page.locator(`[data-audit] tr[data-entry="${action}"]`).first().waitFor();
    expect(await faultsOf(page)).toEqual([]);

    // The last administrator stays.
    await page.getByRole('row', { name: /^Ada/ }).getByRole('button', { name: 'Delete' }).click();
    await page.locator('dialog[open] [data-confirm]').click();
    await page.getByText('This is the last administrator with a password.').waitFor();
    await context.close();

    const viewer = await openWindows(browser, server.url, { reducedMotion: 'reduce', language: 'ar' });
    const viewed = await viewer.open(new URL(link).pathname + new URL(link).search);
    await viewed.locator('input[name=new-password]').fill(PASSWORD);
    expect(await faultsOf(viewed)).toEqual([]);
    await viewed.locator('form button[type=submit]').click();
    await viewed.waitForURL(`${server.url}/admin`);
    await viewed.locator('a[href="/admin/settings"]').click();
    await viewed.locator('tr[data-account="Ada"]').waitFor();
    await settle(viewed);
    // Of all controls, a viewer has its own password.
    expect(await viewed.locator('main .content form').count()).toBe(1);
    expect(await viewed.locator('[data-accounts] :is(button, select, input)').count()).toBe(0);
    expect(await viewed.locator('[data-webhooks] h3').innerText()).toBe(new URL(receiver.url).origin);
    expect(await faultsOf(viewed)).toEqual([]);
    const training = await viewer.open('/admin/training');
    await training.locator('#training-title').waitFor();
    expect(await training.locator('[data-retrain]').count()).toBe(0);
    await viewer.context.close();
  });

  it('is told that a link is not valid', async () => {
    const { context, open } = await openWindows(browser, server.url);
    const page = await open('/set-up?code=guess');
    await page.locator('[data-invalid]').waitFor();
    await context.close();
  });
});

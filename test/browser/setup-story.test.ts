/** From an empty server to the first thumb by the check list alone, with the code that the page shows. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows } from './stage.js';

const run = promisify(execFile);

describe('the set-up of an empty server', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 0 });
    token = (await server.run('token', '--role', 'admin')).trim();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const step = (page: Page, name: string) => page.locator(`[data-step=${name}]`);

  /** Runs the code of a step in a shell, as an administrator would. */
  async function runCode(page: Page, name: string): Promise<string> {
    const code = await step(page, name).locator('[data-code]').innerText();
    expect(code).toContain(server.url);
    const { stdout } = await run('bash', ['-c', code.replaceAll('paste an admin token here', token)]);
    return stdout;
  }

  it('is the first admin page, and each step ticks itself', async () => {
    const { context, open, mishaps } = await openWindows(browser, server.url, { token });
    const page = await open('/admin');
    await page.locator('[data-step][data-state=open]').nth(3).waitFor();
    expect(await page.locator('[data-setup-train]').isDisabled()).toBe(true);

    await runCode(page, 'items');
    await step(page, 'items').and(page.locator('[data-state=done]')).waitFor();
    await runCode(page, 'events');
    await step(page, 'events').and(page.locator('[data-state=done]')).waitFor();
    await page.locator('[data-setup-train]').click();
    await step(page, 'train').and(page.locator('[data-state=done]')).waitFor({ timeout: 60_000 });
    expect(await runCode(page, 'thumb')).toContain('FeedbackAccepted');
    await page.locator('[data-setup-finished] a').click();

    // The server is no longer empty, so the overview is the first page, and the check list stays in the navigation.
    await page.locator('[data-status]').waitFor();
    await page.reload();
    await page.locator('[data-status=good]').waitFor();
    await page.getByRole('link', { name: 'Set-up' }).click();
    await page.locator('[data-step][data-state=done]').nth(3).waitFor();
    expect(mishaps).toEqual([]);
    await context.close();
  });

  it('copies the code, and says the same in JavaScript', async () => {
    const { context, open } = await openWindows(browser, server.url, { token });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await open('/admin/setup');
    await page.locator('[data-setup-language]').selectOption('javascript');
    await step(page, 'items').locator('[data-copy]').click();
    await step(page, 'items').getByText('Copied').first().waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(`fetch('${server.url}/import?kind=items'`);
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '-e',
      copied.replace('paste an admin token here', token),
    ]);
    expect(stdout).toContain('"unchanged":6');
    await context.close();
  });
});

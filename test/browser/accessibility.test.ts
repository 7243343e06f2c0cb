/** Every page in every language and both sets of colours, looked through for what would keep somebody out. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { signIn } from '../bench/server.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, everyPage, openBrowser, openWindows, PHONE, settle, type Visit } from './stage.js';

describe('every page', () => {
  let server: TestServer;
  let browser: Browser;
  let visits: Visit[];

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    const [user] = await signIn(server.url, 1);
    visits = everyPage(user!, (await server.run('token', '--role', 'admin')).trim());
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** The dark page differs in its colours only. */
  async function faultsOf(page: Page): Promise<string[]> {
    const light = await new AxeBuilder({ page }).analyze();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.querySelector('.v-theme--dark') !== null);
    const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
    return [...light.violations, ...dark.violations].map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  it.each(['en', 'de', 'ar'])('has no accessibility fault in light or dark: %s', async (language) => {
    const faults: string[] = [];
    // One context for each visitor, which remembers the scripts.
    for (const visitor of new Set(visits.map(({ token }) => token))) {
      const { context, open } = await openWindows(browser, server.url, {
        token: visitor,
        language,
        reducedMotion: 'reduce',
      });
      for (const { name, path } of visits.filter(({ token }) => token === visitor)) {
        const page = await open(path);
        await settle(page);
        if (name === 'list') await page.locator('summary').first().click();
        faults.push(...(await faultsOf(page)).map((fault) => `${name} ${fault}`));
        await page.close();
      }
      await context.close();
    }
    expect(faults).toEqual([]);
  });

  it.each([
    { device: 'a desktop', options: {}, openers: ['[data-correct]', '[data-open]'] },
    { device: 'a phone', options: PHONE, openers: ['[data-persona-line]', '[data-open]'] },
  ])('nor have the dialogs and the answers to thumbs on $device', async ({ options, openers }) => {
    const { token } = visits.find(({ name }) => name === 'list')!;
    const { context, open } = await openWindows(browser, server.url, {
      token,
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await open();
    for (const opener of openers) {
      await page.locator(opener).first().click();
      await page.locator('dialog[open] :is(h2, [data-choose])').first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await faultsOf(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    }
    await context.setOffline(true);
    await page.locator('[data-control="up"]').first().click();
    await page.locator('[data-answer="FAILED"]').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await context.close();
  });
});

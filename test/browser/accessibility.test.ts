/** Every page in every language and both sets of colours, looked through for what would keep somebody out. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { lookAtEach, openEveryPage, type EveryPage } from './every-page.js';
import { openWindows, PHONE, settle } from './stage.js';

describe('every page', () => {
  let stage: EveryPage;

  beforeAll(async () => {
    stage = await openEveryPage(inject('mongoUri'));
  });
  afterAll(() => stage?.close());

  /** The dark page differs in its colours only. */
  async function faultsOf(page: Page): Promise<string[]> {
    const light = await new AxeBuilder({ page }).analyze();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.querySelector('.v-theme--dark') !== null);
    const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
    return [...light.violations, ...dark.violations].map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  it.each(['en', 'de', 'ar'])(
    'has no accessibility fault in light or dark, and fits a phone: %s',
    async (language) => {
      const faults: string[] = [];
      // One context for each visitor, which remembers the scripts.
      for (const visitor of new Set(stage.visits.map(({ token }) => token))) {
        const { context, open } = await openWindows(stage.browser, stage.server.url, {
          token: visitor,
          language,
          reducedMotion: 'reduce',
        });
        const visits = stage.visits.filter(({ token }) => token === visitor);
        const found = await lookAtEach(visits, async ({ name, path }) => {
          const page = await open(path);
          await settle(page);
          if (name === 'list') await page.locator('summary').first().click();
          const ofPage = await faultsOf(page);
          await page.setViewportSize({ width: 360, height: 740 });
          await page.waitForLoadState('networkidle');
          const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (overhang > 0) ofPage.push(`is ${overhang} px wider than a phone`);
          await page.close();
          return ofPage.map((fault) => `${name} ${fault}`);
        });
        faults.push(...found.flat());
        await context.close();
      }
      expect(faults).toEqual([]);
    },
  );

  it.each([
    { device: 'a desktop', options: {}, openers: ['[data-correct]', '[data-open]'] },
    { device: 'a phone', options: PHONE, openers: ['[data-persona-line]', '[data-open]'] },
  ])('nor have the dialogs and the answers to thumbs on $device', async ({ options, openers }) => {
    const { token } = stage.visits.find(({ name }) => name === 'list')!;
    const { context, open } = await openWindows(stage.browser, stage.server.url, {
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

/** Foreign files on the import page: the preview, a mapping by hand, and what is stored in the end. */

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';

import { parseMapping } from '../../server/ingest/index.js';
import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

import { buildClient, openBrowser, openWindows, type Windows } from './stage.js';

/** Beyond 2^53, so that a number in JavaScript would be rounded. */
const IDS = ['9196877626998785', '9196877626998787', '9196877626998789'] as const;
const ITEMS = IDS.map((id, i) => `{"game_no":${id},"name":"Game ${i}","shelf":"board"}`).join('\n');
const EVENTS = [
  'timestamp,visitorid,event,itemid,transactionid',
  `1433978116913,visitor-one,view,${IDS[0]},`,
  `1433978117913,visitor-one,addtocart,${IDS[0]},`,
  `1433978118913,visitor-one,transaction,${IDS[0]},4001`,
  `1433978119913,visitor-two,wish,${IDS[1]},`,
  `1433978120913,visitor-two,view,elsewhere,`,
  `yesterday,visitor-two,view,${IDS[1]},`,
].join('\n');
const RATINGS = [
  'reader;game;verdict',
  `reader-one;${IDS[1]};1`,
  `reader-one;${IDS[2]};0`,
  `reader-two;${IDS[2]};1`,
].join('\n');

interface Activities {
  readonly users: {
    readonly nodes: readonly {
      readonly id: string;
      readonly activity: { readonly nodes: readonly { readonly type: string; readonly itemId: string }[] };
    }[];
  };
}

describe('the import page', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;
  let windows: Windows;
  let page: Page;

  beforeAll(async () => {
    buildClient();
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 0 });
    token = (await server.run('token', '--role', 'admin')).trim();
    browser = await openBrowser();
    windows = await openWindows(browser, server.url, { token, reducedMotion: 'reduce' });
    page = await windows.open('/admin/data');
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const ready = (of: Page = page) => of.locator('[data-import]:enabled').waitFor();

  async function choose(kind: string, name: string, content: string | Buffer, of: Page = page) {
    await of.locator(`input[name=kind][value=${kind}]`).check();
    await of.locator('input[type=file]').setInputFiles({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    });
    await of.locator('[data-detected]').waitFor();
  }

  const take = (column: string, field: string) =>
    page.locator(`select[data-column="${column}"]`).selectOption(field);

  /** Starts the import and resolves with the heading of the result. */
  async function run(heading: RegExp): Promise<string> {
    await ready();
    await page.locator('[data-import]').click();
    const title = page.locator('#result-title').filter({ hasText: heading });
    await title.waitFor();
    return await title.innerText();
  }

  /** What is stored of each user that has an event with one of these items, as "TYPE item". */
  async function stored(): Promise<string[][]> {
    const { users } = await askFor<Activities>(
      server.url,
      token,
      '{ users(first: 20) { nodes { id activity(first: 20) { nodes { type itemId } } } } }',
    );
    for (const { id } of users.nodes) expect(id).toMatch(/^[0-9a-f]{64}$/);
    return users.nodes
      .map(({ activity }) => activity.nodes.map(({ type, itemId }) => `${type} ${itemId}`).sort())
      .sort((left, right) => left.join().localeCompare(right.join()));
  }

  it('imports items from JSON lines, with ids beyond 2^53 as they are written', async () => {
    await choose('items', 'games.jsonl', ITEMS);
    expect(await page.locator('[data-detected]').innerText()).toContain('JSONL');
    await page.locator('[data-missing]').waitFor();
    expect(await page.locator('[data-import]').isDisabled()).toBe(true);
    await take('game_no', 'itemId');
    await take('shelf', 'category');
    expect(await run(/Imported/)).toBe('Imported');
    const { items } = await askFor<{ items: { nodes: object[] } }>(
      server.url,
      token,
      '{ items(first: 20) { nodes { id title category } } }',
    );
    expect(items.nodes).toEqual(IDS.map((id, i) => ({ id, title: `Game ${i}`, category: 'board' })));
  });

  it('previews events of foreign words, names nobody, and imports them as they were mapped', async () => {
    await choose('events', 'events.csv', EVENTS);
    await ready();
    expect(await page.locator('[data-detected]').innerText()).toMatch(/comma.*UTF-8.*header line/);
    expect(await page.locator('select[data-column=visitorid]').inputValue()).toBe('userId');
    expect(await page.locator('select[data-column=transactionid]').inputValue()).toBe('');
    expect(await page.locator('[data-preview-row]').count()).toBe(6);
    expect(await page.locator('main').innerText()).not.toContain('visitor-one');
    expect(await page.locator('select[data-type=addtocart]').inputValue()).toBe('cart');
    expect(await page.locator('[data-checked]').innerText()).toBe('2 of the first 6 rows would be refused');
    expect(await page.locator('[data-reason]').first().innerText()).toContain('1');

    await page.locator('select[data-type=wish]').selectOption('like');
    await page.locator('[data-checked]').filter({ hasText: '1 of the first 6' }).waitFor();
    await ready();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('[data-download-mapping]').click(),
    ]);
    const yaml = await readFile(await download.path(), 'utf8');
    const given = parseMapping(parse(yaml) as Record<string, unknown>);
    expect(given.columns.get('userId')).toBe('visitorid');
    expect(given.types.get('wish')).toBe('like');

    await page.locator('form').getByText('Dry run').click();
    expect(await run(/dry run/)).toBe('5 of 6 rows are valid (dry run: nothing was stored)');
    expect(await stored()).toEqual([]);
    await page.locator('form').getByText('Dry run').click();
    expect(await run(/Imported/)).toBe('Imported with one row refused');
    expect(await page.locator('[data-times]').innerText()).toMatch(/2015.*2015/);
    expect(await stored()).toEqual([
      [`CART ${IDS[0]}`, `PURCHASE ${IDS[0]}`, `VIEW ${IDS[0]}`],
      [`LIKE ${IDS[1]}`, 'VIEW elsewhere'],
    ]);
  });

  it('says that nothing was imported when every row was there before', async () => {
    expect(await run(/Nothing/)).toBe('Nothing was imported');
    expect(await page.locator('[data-fact=unchanged] dd').innerText()).toBe('5');
  });

  it('asks for the scale of ratings beside its fields, and imports zeros as dislikes', async () => {
    await choose('ratings', 'verdicts.csv', RATINGS);
    expect(await page.locator('[data-detected]').innerText()).toContain('semicolon');
    await take('reader', 'userId');
    await take('game', 'itemId');
    await take('verdict', 'rating');
    await page.locator('[data-scale-problem]').filter({ hasText: 'do not tell their scale' }).waitFor();
    expect(await page.locator('[data-import]').isDisabled()).toBe(true);
    await page.locator('[data-scale=least]').fill('1');
    await page.locator('[data-scale=most]').fill('0');
    await page.locator('[data-scale-problem]').filter({ hasText: 'lowest' }).waitFor();
    await page.locator('[data-scale=least]').fill('0');
    await page.locator('[data-scale=most]').fill('1');
    await page.locator('[data-checked]').filter({ hasText: 'The first 3 rows are valid.' }).waitFor();
    expect(await run(/Imported/)).toBe('Imported');
    expect(await stored()).toEqual(
      expect.arrayContaining([[`DISLIKE ${IDS[2]}`, `LIKE ${IDS[1]}`], [`LIKE ${IDS[2]}`]]),
    );
  });

  it('previews a large gzip file by its beginning alone', async () => {
    let seed = 1;
    const next = () => (seed = (seed * 48_271) % 2_147_483_647);
    const rows = Array.from({ length: 60_000 }, () => `u${next()},${next()},${1 + (next() % 5)}`);
    const packed = gzipSync(`userId,itemId,rating\n${rows.join('\n')}\n`);
    expect(packed.length).toBeGreaterThan(2 * 256 * 1024);
    const sent: number[] = [];
    page.on('request', (request) => {
      if (request.url().includes('preview=true')) sent.push(request.postDataBuffer()?.length ?? 0);
    });
    await choose('ratings', 'ratings.csv.gz', packed);
    await ready();
    expect(await page.locator('[data-detected]').innerText()).toContain('gzip');
    expect(await page.locator('[data-mapping]').innerText()).toContain('first 256 kB');
    expect(Math.max(...sent)).toBeLessThanOrEqual(256 * 1024);
    expect(await page.locator('[data-preview-row]').count()).toBe(20);
  });

  it('reads ambiguous dates in the order that is chosen', async () => {
    await choose(
      'ratings',
      'dates.csv',
      'userId,itemId,rating,timestamp\nu1,i1,5,03/04/2024\nu2,i2,1,05/06/2024\n',
    );
    await ready();
    await page.locator('[data-dates]').selectOption('day-first');
    await page.locator('[data-checked]').filter({ hasText: 'valid' }).waitFor();
    expect(await page.locator('[data-question]').count()).toBe(0);
  });

  it('corrects the delimiter and says what is no table', async () => {
    await choose('items', 'odd.csv', 'itemId|title\n1|One, two\n2|Three, four\n');
    await page.locator('[data-delimiter]').selectOption(',');
    // Cut at commas the first line looks like a row, so that the columns have numbers.
    await page.locator('select[data-column="1"]').waitFor();
    await page.locator('[data-delimiter]').selectOption('|');
    await page.locator('select[data-column=title]').waitFor();
    await page.locator('input[type=file]').setInputFiles({
      name: 'book.xlsx',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('PK\u0003\u0004'),
    });
    await page.locator('[data-preview-failure]').filter({ hasText: 'Excel workbook' }).waitFor();
    expect(windows.mishaps.filter((mishap) => !mishap.includes('400'))).toEqual([]);
  });

  it.each(['en', 'de', 'ar'])(
    'has no fault axe finds with a mapping open, and fits a phone (%s)',
    async (language) => {
      const { context, open } = await openWindows(browser, server.url, {
        token,
        language,
        reducedMotion: 'reduce',
        viewport: { width: 390, height: 844 },
      });
      const phone = await open('/admin/data');
      for (const [kind, content] of [
        ['events', EVENTS],
        ['ratings', RATINGS],
      ] as const) {
        await choose(kind, `${kind}.csv`, content, phone);
        await phone.locator('[data-preview-row]').first().waitFor();
        const { violations } = await new AxeBuilder({ page: phone }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        expect(await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      }
      await context.close();
    },
  );
});

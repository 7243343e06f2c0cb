/**
 * `npm run screenshots`: every page of the client as a PNG, light and dark, on a desktop and on
 * a phone, and two pages in Arabic; on a throw-away server with synthetic data. For people to look at.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../server/app/commands/command.js';
import { text } from '../../server/app/options.js';
import { signIn, withTheatre, type Theatre } from '../bench/server.js';
import { everyPage, openWindows, settle, type Visit } from '../browser/stage.js';
import { askFor } from '../support/api-client.js';

const DEVICES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;
const SCHEMES = ['light', 'dark'] as const;
/** Until colours have changed everywhere, charts included. */
const REPAINT_MS = 700;
/** Thumbs that give the live figures something to show. */
const N_THUMBS = 120;

const command = {
  name: 'screenshots',
  summary: 'Photographs every page, light and dark, on a desktop and on a phone, on a throw-away server.',
  options: {
    out: text('FOLDER', 'Where the PNG files go.', 'screenshots'),
    users: text('N', 'Simulated users.', '2000'),
  },
};

/** The guard lets no version pass, so an alert is open. */
const STRICT = { SMARTPERSONA_GUARD_TOLERANCE: '-100' };

runCommand(command, ({ out, users }) => withTheatre(users, (theatre) => takeAll(theatre, out), STRICT));

async function takeAll(theatre: Theatre, out: string): Promise<void> {
  const visitors = await signIn(theatre.url, 20);
  await actALittle(theatre.url, visitors);
  // A second version, for the pages that compare; it is held back, and an admin wants it nevertheless.
  await theatre.run('retrain');
  await askFor(theatre.url, theatre.adminToken, 'mutation { activateModel(version: 2) { __typename } }');
  const pages = everyPage(visitors[0]!, theatre.adminToken);
  const inArabic = pages
    .filter(({ name }) => ['list', 'admin-overview'].includes(name))
    .map((page) => ({ ...page, name: `${page.name}-arabic`, language: 'ar' }));
  const visits = [...pages, ...inArabic];
  for (const [device, options] of Object.entries(DEVICES)) {
    for (const scheme of SCHEMES) await mkdir(join(out, `${device}-${scheme}`), { recursive: true });
    for (const visit of visits) await photograph(theatre, { device, options, out }, visit);
  }
}

interface Setting {
  readonly device: string;
  readonly options: (typeof DEVICES)[keyof typeof DEVICES];
  readonly out: string;
}

async function photograph(
  { browser, url }: Theatre,
  { device, options, out }: Setting,
  { name, path, token, language }: Visit & { language?: string },
): Promise<void> {
  const { context, mishaps, open } = await openWindows(browser, url, {
    ...options,
    token,
    language,
    reducedMotion: 'reduce',
  });
  const page = await open(path);
  await settle(page);
  await page.waitForLoadState('networkidle');
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(REPAINT_MS);
    const file = join(out, `${device}-${colorScheme}`, `${name}.png`);
    await page.screenshot({ path: file, fullPage: true });
    process.stdout.write(`${file}\n`);
  }
  for (const mishap of mishaps) process.stderr.write(`${device} ${path}: ${mishap}\n`);
  await context.close();
}

/** Lists are shown, opened and judged. */
async function actALittle(url: string, visitors: readonly { token: string }[]): Promise<void> {
  interface Shown {
    readonly recommendations: {
      readonly listId: string;
      readonly items: readonly { readonly item: { readonly id: string } }[];
    };
  }
  for (let n = 0; n < N_THUMBS; n++) {
    const { token } = visitors[n % visitors.length]!;
    const { recommendations } = await askFor<Shown>(
      url,
      token,
      '{ recommendations(first: 10) { listId items { item { id } } } }',
    );
    const position = (n * 7 + Math.floor(n / 3)) % recommendations.items.length;
    const { id: itemId } = recommendations.items[position]!.item;
    const row = { itemId, listId: recommendations.listId, position };
    await askFor(
      url,
      token,
      'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
      {
        events: [
          { ...row, type: 'IMPRESSION' },
          ...(n % 3 === 0 ? [{ ...row, type: 'CLICK', value: 20 }] : []),
        ],
      },
    );
    await askFor(
      url,
      token,
      'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }',
      { input: { ...row, value: n % 7 === 0 ? 'DOWN' : 'UP' } },
    );
  }
}

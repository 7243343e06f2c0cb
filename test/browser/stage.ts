/** What the browser tests share: an up-to-date client, a Chromium, signed-in windows, and reading the list off a page. */

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';

import { chromiumLaunch } from '../support/ensure-chromium.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 20_000;

const USER_PAGES = {
  list: '/',
  private: '/private',
  'my-data': '/my-data',
  'not-found': '/nowhere',
} as const;
export const ADMIN_PAGES = {
  overview: '/admin',
  personas: '/admin/personas',
  models: '/admin/models',
  training: '/admin/training',
  users: '/admin/users',
  data: '/admin/data',
  settings: '/admin/settings',
  alerts: '/admin/alerts',
  setup: '/admin/setup',
  events: '/admin/events',
  items: '/admin/items',
  preview: '/admin/preview',
} as const;

/** One page as somebody sees it. */
export interface Visit {
  readonly name: string;
  readonly path: string;
  readonly token?: string;
}

/** Every page there is, and one that is not, each with whoever may see it. */
export function everyPage(
  user: { readonly id: string; readonly token: string },
  adminToken: string,
): Visit[] {
  const pages = (of: Readonly<Record<string, string>>, prefix: string, token: string) =>
    Object.entries(of).map(([name, path]): Visit => ({ name: prefix + name, path, token }));
  return [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'set-up', path: '/set-up' },
    ...pages(USER_PAGES, '', user.token),
    ...pages(ADMIN_PAGES, 'admin-', adminToken),
    { name: 'admin-user', path: `/admin/users?user=${user.id}`, token: adminToken },
  ];
}

export const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
} as const satisfies BrowserContextOptions;

/** Rows that are there; one that is fading out is not. */
export const ROWS = 'li[data-item]:not([inert])';

/** Builds the client when its sources are newer than what was built. */
export function buildClient(): void {
  const sources = ['client', 'schema/generated', 'server/learning'].map((folder) =>
    newest(join(ROOT, folder), /^dist$/),
  );
  const built = statSync(join(ROOT, 'dist/client/index.html'), { throwIfNoEntry: false });
  if (built !== undefined && built.mtimeMs >= Math.max(...sources)) return;
  execFileSync('npm', ['run', 'build:client'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    // As it is shipped: the tests' own mode would put in what libraries say to developers.
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch(chromiumLaunch());
}

/** One person's windows, with what must not happen in them written down. */
export interface Windows {
  readonly context: BrowserContext;
  /** Errors on the console, uncaught ones, and requests that went anywhere but to the server. */
  readonly mishaps: readonly string[];
  open(path?: string): Promise<Page>;
}

export interface WindowOptions extends BrowserContextOptions {
  /** Signed in with it before the first page is there. */
  readonly token?: string;
  /** Chosen before the first page is there. */
  readonly language?: string;
}

export async function openWindows(
  browser: Browser,
  url: string,
  { token, language, ...options }: WindowOptions = {},
): Promise<Windows> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(DEADLINE_MS);
  await context.addInitScript(
    (wanted) => {
      // The blank page that comes first has no storage.
      if (location.protocol !== 'http:') return;
      if (wanted.token !== undefined) sessionStorage.setItem('smartpersona.token', wanted.token);
      if (wanted.language !== undefined) localStorage.setItem('smartpersona.language', wanted.language);
    },
    { token, language },
  );
  const mishaps: string[] = [];
  const { host } = new URL(url);
  context.on('request', (request) => {
    if (new URL(request.url()).host !== host) mishaps.push(`request to ${request.url()}`);
  });
  context.on('weberror', (error) => mishaps.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') mishaps.push(message.text());
  });
  return {
    context,
    mishaps,
    async open(path = '/') {
      const page = await context.newPage();
      await page.goto(url + path);
      return page;
    },
  };
}

/** Until every part of the page has said what it has to say. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => document.querySelector('main [role=status] .unseen') === null);
}

/** Signs in as the demo user at `position` of the entrance, and waits for the list. */
export async function signInAsDemoUser(page: Page, position: number): Promise<void> {
  await page.locator('[data-demo-user]').nth(position).click();
  await page.locator(ROWS).first().waitFor();
}

export async function signInWithToken(page: Page, token: string): Promise<void> {
  await page.locator('input[name=token]').fill(token);
  await page.locator('form:has(input[name=token]) button[type=submit]').click();
}

/** Item ids from the first place to the last. */
export async function orderOf(page: Page): Promise<string[]> {
  return await page
    .locator(ROWS)
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['item'] ?? ''));
}

export async function waitForOrder(page: Page, order: readonly string[]): Promise<void> {
  await waitForList(page, order, true);
}

/** Waits until the list is another one than `order`, and returns it. */
export async function waitForOtherOrder(page: Page, order: readonly string[]): Promise<string[]> {
  await waitForList(page, order, false);
  return await orderOf(page);
}

async function waitForList(page: Page, order: readonly string[], isWanted: boolean): Promise<void> {
  await page.waitForFunction(
    ({ rows, wanted, sameness }) => {
      const ids = [...document.querySelectorAll<HTMLElement>(rows)].map((row) => row.dataset['item']);
      return ids.length > 0 && (ids.join('\n') === wanted) === sameness;
    },
    { rows: ROWS, wanted: order.join('\n'), sameness: isWanted },
  );
}

/** True when its centre is in the viewport and not covered. */
export async function isInSight(part: Locator): Promise<boolean> {
  return await part.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return seen !== null && element.contains(seen);
  });
}

/** Sums the unexpected layout shifts of each page; call it before the first page opens. */
export async function watchShifts(context: BrowserContext): Promise<(page: Page) => Promise<number>> {
  await context.addInitScript(() => {
    const total = { shift: 0 };
    Object.assign(window, { layoutShift: total });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[])
        if (!entry.hadRecentInput) total.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return (page) =>
    page.evaluate(() => (window as unknown as { layoutShift: { shift: number } }).layoutShift.shift);
}

/** Takes the pointer to where nothing is. */
export async function pointAway(page: Page): Promise<void> {
  await page.mouse.move(2, 2);
}

/** A port that is free now, for a server that has to come back to the same address. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function newest(folder: string, except: RegExp): number {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !except.test(entry.name))
      .map((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? newest(path, except) : statSync(path).mtimeMs;
      }),
  );
}

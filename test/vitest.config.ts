/**
 * How the tests run. Projects, one after the other, cheap ones first: `unit` needs nothing but Node, `store` needs a
 * database, `store-fast` repeats its contracts on the database in Rust where that is built (`npm run database`), `api` starts
 * whole servers and `browser` drives Chromium as well. SMARTPERSONA_TEST_DATABASE=secantusd-rs runs all on that database.
 */

import { fileURLToPath } from 'node:url';

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

import { kindsHere } from './support/database.js';
import { SummaryReporter } from './support/summary-reporter.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const globalSetup = ['test/support/global-setup.ts'];

/** Folders under test/ that want a database, a server or a browser; every other folder is a unit folder. */
const STORE = ['app', 'contracts', 'database', 'spark', 'store'];
const SEQUENTIAL = ['api', 'browser', 'chaos'];

interface Shape {
  name: string;
  order: number;
  include: string[];
  exclude?: string[];
  timeoutMs: number;
  maxWorkers: number;
  /** Files that start a database; default none. */
  globalSetup?: string[];
  /** What the test files find in the environment; default nothing more. */
  env?: Record<string, string>;
}

function project(shape: Shape): TestProjectInlineConfiguration {
  return {
    root,
    // One copy of graphql: its ESM and CommonJS builds refuse each other's schemas.
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    test: {
      name: shape.name,
      include: shape.include,
      exclude: ['**/node_modules/**', ...(shape.exclude ?? [])],
      environment: 'node',
      pool: 'forks',
      maxWorkers: shape.maxWorkers,
      sequence: { groupOrder: shape.order },
      testTimeout: shape.timeoutMs,
      hookTimeout: Math.max(shape.timeoutMs, 60_000),
      globalSetup: shape.globalSetup ?? [],
      env: shape.env ?? {},
      restoreMocks: true,
      unstubEnvs: true,
    },
  };
}

const filesIn = (folder: string) => `test/${folder}/**/*.test.ts`;

const hasFastDatabase = kindsHere().length > 1;
const storeFast = project({
  name: 'store-fast',
  order: 3,
  include: ['contracts', 'store'].map(filesIn),
  timeoutMs: 60_000,
  maxWorkers: 2,
  globalSetup: ['test/support/global-setup-fast.ts'],
  env: { SMARTPERSONA_TEST_DATABASE: 'secantusd-rs' },
});

export default defineConfig({
  root,
  test: {
    reporters: ['default', new SummaryReporter()],
    // A machine or a database that has failed: every further test would run into its time limit.
    bail: 40,
    projects: [
      project({
        name: 'unit',
        order: 1,
        include: ['test/**/*.test.ts'],
        exclude: [...STORE, ...SEQUENTIAL].map(filesIn),
        timeoutMs: 30_000,
        maxWorkers: 2,
      }),
      project({
        name: 'store',
        order: 2,
        include: STORE.map(filesIn),
        timeoutMs: 60_000,
        maxWorkers: 2,
        globalSetup,
      }),
      ...(hasFastDatabase ? [storeFast] : []),
      project({
        name: 'api',
        order: 4,
        include: [filesIn('api'), filesIn('chaos')],
        timeoutMs: 120_000,
        maxWorkers: 1,
        globalSetup,
      }),
      project({
        name: 'browser',
        order: 5,
        include: [filesIn('browser')],
        timeoutMs: 180_000,
        maxWorkers: 1,
        globalSetup,
      }),
    ],
  },
});

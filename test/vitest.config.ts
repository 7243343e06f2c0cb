/**
 * How the tests run. Four projects, one after the other, cheap ones first: `unit` needs nothing but Node, `store`
 * needs a database, `api` starts whole servers and `browser` drives Chromium as well.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

import { SummaryReporter } from './support/summary-reporter.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const globalSetup = existsSync(`${root}/test/support/global-setup.ts`)
  ? ['test/support/global-setup.ts']
  : [];

/** Folders under test/ that want a database, a server or a browser; every other folder is a unit folder. */
const STORE = ['app', 'contracts', 'database', 'store'];
const SEQUENTIAL = ['api', 'browser', 'chaos'];

interface Shape {
  name: string;
  order: number;
  include: string[];
  exclude?: string[];
  timeoutMs: number;
  maxWorkers: number;
  needsDatabase: boolean;
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
      globalSetup: shape.needsDatabase ? globalSetup : [],
      restoreMocks: true,
      unstubEnvs: true,
    },
  };
}

const filesIn = (folder: string) => `test/${folder}/**/*.test.ts`;

export default defineConfig({
  root,
  test: {
    reporters: ['default', new SummaryReporter()],
    projects: [
      project({
        name: 'unit',
        order: 1,
        include: ['test/**/*.test.ts'],
        exclude: [...STORE, ...SEQUENTIAL].map(filesIn),
        timeoutMs: 30_000,
        maxWorkers: 2,
        needsDatabase: false,
      }),
      project({
        name: 'store',
        order: 2,
        include: STORE.map(filesIn),
        timeoutMs: 60_000,
        maxWorkers: 2,
        needsDatabase: true,
      }),
      project({
        name: 'api',
        order: 3,
        include: [filesIn('api'), filesIn('chaos')],
        timeoutMs: 120_000,
        maxWorkers: 1,
        needsDatabase: true,
      }),
      project({
        name: 'browser',
        order: 4,
        include: [filesIn('browser')],
        timeoutMs: 180_000,
        maxWorkers: 1,
        needsDatabase: true,
      }),
    ],
  },
});

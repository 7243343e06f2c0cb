/** The rules of `import-rules.ts`, on the code as it stands and on small examples that must break each of them. */

import { describe, expect, it } from 'vitest';

import { violations } from './import-rules.js';
import { parse, readFiles } from './source-files.js';

/** Violations of a made-up tree, given as path to text. */
const check = (tree: Record<string, string>) =>
  violations(Object.entries(tree).map(([path, text]) => ({ path, text })));

describe('the code', () => {
  const files = readFiles(['server', 'schema', 'jobs', 'client'], ['.ts', '.vue']);

  it('is found by this test', () => {
    const folders = new Set(files.map((file) => file.path.split('/').slice(0, 2).join('/')));
    expect([...folders]).toEqual(expect.arrayContaining(['server/domain', 'server/learning', 'server/app']));
    expect(files.length).toBeGreaterThan(100);
  });

  it('imports only what the rules allow', () => {
    expect(violations(files)).toEqual([]);
  });
});

describe('the rules', () => {
  it('let a folder import the index of a folder below it', () => {
    expect(
      check({
        'server/domain/index.ts': "export * from './item.js';",
        'server/domain/item.ts': 'export interface Item { createdAt: Date }',
        'server/store/index.ts': "import type { Item } from '../domain/index.js'; export type Row = Item;",
        'server/store/mongo/index.ts': "import mongoose from 'mongoose'; export { mongoose };",
        'server/app/main.ts':
          "import { mongoose } from '../store/mongo/index.js'; process.env['X']; mongoose;",
      }),
    ).toEqual([]);
  });

  it.each([
    [
      'domain imports learning',
      'server/domain/a.ts',
      "import '../learning/index.js';",
      'may not import server/learning',
    ],
    ['domain imports a package', 'server/domain/a.ts', "import 'zod';", 'may not import the package zod'],
    ['learning reads a file', 'server/learning/a.ts', "import 'node:fs';", 'may not import node:fs'],
    [
      'learning imports domain',
      'server/learning/a.ts',
      "import type { X } from '../domain/index.js';",
      'server/domain',
    ],
    [
      'a service imports a resolver',
      'server/services/a.ts',
      "export * from '../resolvers/index.js';",
      'server/resolvers',
    ],
    ['a resolver imports the store', 'server/resolvers/a.ts', "import '../store/index.js';", 'server/store'],
    ['a job imports the store', 'jobs/tasks/a.ts', "import '../../server/store/index.js';", 'server/store'],
    [
      'a service imports mongoose',
      'server/services/a.ts',
      "import 'mongoose';",
      'belongs to server/store/mongo/',
    ],
    ['app imports mongoose', 'server/app/a.ts', "import 'mongoose';", 'belongs to server/store/mongo/'],
    ['the memory store imports mongodb', 'server/store/memory/a.ts', "import 'mongodb';", 'imports mongodb'],
    ['app schedules by itself', 'server/app/a.ts', "import 'node-cron';", 'belongs to jobs/scheduler/'],
    [
      'a test helper fakes in services',
      'server/services/a.ts',
      "import '@faker-js/faker';",
      'server/ingest/',
    ],
    ['the client imports the server', 'client/a.ts', "import '../server/domain/index.js';", 'server/domain'],
    [
      'a component imports the server',
      'client/A.vue',
      "<script>\nimport '../schema/index.js';\n</script>",
      ':2 may not',
    ],
    [
      'a lazy import breaks a rule',
      'server/domain/a.ts',
      "const x = import('../app/index.js');",
      'server/app',
    ],
    [
      'a type import breaks a rule',
      'server/domain/a.ts',
      "type X = import('../app/index.js').X;",
      'server/app',
    ],
    [
      'an import is deep',
      'server/services/users/a.ts',
      "import '../../store/repositories.js';",
      'reaches past the index',
    ],
    [
      'a wing reaches into another',
      'server/services/serving/a.ts',
      "import '../users/turns.js';",
      'reaches past the index',
    ],
    [
      'users import serving',
      'server/services/users/a.ts',
      "import '../serving/index.js';",
      'may not import server/services/serving',
    ],
    [
      'serving imports analytics',
      'server/services/serving/a.ts',
      "import '../analytics/index.js';",
      'may not import server/services/analytics',
    ],
    [
      'the contract imports a wing',
      'server/services/a.ts',
      "import './users/index.js';",
      'may not import server/services/users',
    ],
    [
      'the kit imports the app',
      'client/sdk/a.ts',
      "import '../composables/useAgo.js';",
      'may not import client',
    ],
    ['a wing has no rule', 'server/services/rules/a.ts', '', 'without an import rule'],
    ['a folder has no rule', 'server/helpers/a.ts', '', 'without an import rule'],
  ])('are broken when %s', (_title, path, text, message) => {
    const found = check({ [path]: text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}:`);
    expect(found[0]).toContain(message);
  });

  it.each([
    ['server/services/a.ts', "const port = process.env['PORT'];", 'reads process.env'],
    ['server/learning/a.ts', 'const x = Math.random();', 'uses Math.random'],
    ['server/learning/a.ts', 'const f = Math.random;', 'uses Math.random'],
    ['server/learning/a.ts', 'const x = new Date(0);', 'uses new Date(...)'],
    ['server/learning/a.ts', 'console.log(1);', 'uses console.log'],
    ['server/learning/a.ts', 'process.exit(1);', 'uses process.exit'],
    ['server/learning/a.ts', 'const t = performance.now();', 'uses performance.now'],
    ['server/learning/a.ts', 'setTimeout(() => {}, 1);', 'uses setTimeout'],
    ['server/services/a.ts', 'const now = Date.now();', 'uses Date.now(); the clock'],
    ['server/features/a.ts', 'const now = new Date();', 'uses new Date(); the clock'],
    ['server/events/a.ts', 'const x = Math.random() < 0.5;', 'uses Math.random(); the clock'],
  ])('are broken when %s says `%s`', (path, text, message) => {
    expect(check({ [path]: text })).toEqual([expect.stringContaining(message)]);
  });

  it('leave words that only look like the clock alone', () => {
    const text =
      '/** Not Date.now() or Math.random(). */\n' +
      'export interface A { process: string; at: Date }\n' +
      'export const f = (a: A): number => Math.floor(a.process.length);';
    expect(check({ 'server/learning/a.ts': text })).toEqual([]);
    expect(check({ 'server/events/a.ts': 'export const f = (now = Date.now) => now();' })).toEqual([]);
    expect(
      check({ 'server/features/a.ts': 'export const day = (at: number) => new Date(at).getUTCDay();' }),
    ).toEqual([]);
  });

  it('are broken by files that import each other', () => {
    const found = check({
      'server/learning/a.ts': "import './b.js';",
      'server/learning/b.ts': "import './c.js';",
      'server/learning/c.ts': "export * from './a.js';",
    });
    expect(found).toEqual([
      'files import each other: server/learning/a.ts -> server/learning/b.ts -> server/learning/c.ts -> server/learning/a.ts',
    ]);
  });

  it('are broken by folders that import each other', () => {
    const found = check({
      'server/domain/index.ts': "import '../events/index.js';",
      'server/events/index.ts': "import '../domain/index.js';",
    });
    expect(found).toContain('folders import each other: server/domain -> server/events -> server/domain');
  });
});

describe('the reader of components', () => {
  it('keeps the lines of every script block', () => {
    const text =
      '<template/>\n<script>\nimport "a";\n</script>\n<script setup lang="ts">\nimport "b";\n</script>';
    expect(parse({ path: 'client/A.vue', text }).imports).toEqual([
      { specifier: 'a', line: 3 },
      { specifier: 'b', line: 6 },
    ]);
  });
});

/** What the documents show, run against a real server: examples, queries and commands, so that they stay true. */

import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { buildApiSchema } from '../../server/resolvers/index.js';
import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { blocksIn, commandsIn, readDocument, readDocuments, type Block } from '../support/documents.js';
import { startTestServer, type TestServer } from '../support/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 60_000;
const THUMB_EVERY_MS = 1_000;
const KEY = '7b1e94c05fd23a68e7401bc9d85f36a2';

const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** What must be in the output of each example. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  curl: /"revision":\d+,"items":\[\{"rank":1,/,
  'Apollo Client': /latencyMs/,
  urql: /endCursor/,
  'graphql-ws': /cause: 'FEEDBACK'/,
  'The kit': /^\d+ \[/m,
  'Private mode': /^\[\s*\[ '/m,
};
const EXAMPLES = blocksIn(readDocument('docs/frontend.md')).filter(({ title }) =>
  Object.hasOwn(EXPECTED, title),
);

/** `npm run NAME --` as the program it starts: npm would first look whether the build is up to date. */
function withPrograms(code: string): string {
  return code.replace(/npm run (?:--silent )?([\w:-]+)(?: --(?= ))?/g, (_, name: string) =>
    scripts[name]!.replace(/^node /, `"${process.execPath}" ${ROOT}`),
  );
}

/** Runs a program to its end; resolves with what it printed. */
function output(
  program: string,
  args: readonly string[],
  { env, cwd = ROOT }: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(text);
      else reject(new Error(`ended with ${code}:\n${text}`));
    });
  });
}

/** The names and nesting of an answer, with the first element for each list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}

describe('the documents', () => {
  let server: TestServer;
  let mongoUri: string;
  let folder: string;
  let token: string;

  beforeAll(async () => {
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri });
    // Inside the repository, where the packages are found.
    await mkdir(join(ROOT, 'node_modules/.cache'), { recursive: true });
    folder = await mkdtemp(join(ROOT, 'node_modules/.cache/documents-'));
    token = (await server.run('token', '--role', 'user', '--user', 'reader')).trim();
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const here = (code: string) => code.replaceAll('localhost:4000', new URL(server.url).host);

  /** A shell script with the settings of the server. */
  const shell = (code: string, env: NodeJS.ProcessEnv = {}) =>
    output('bash', ['-euo', 'pipefail', '-c', here(withPrograms(code))], {
      env: {
        ...{ MONGODB_URI: mongoUri, SMARTPERSONA_DATA_DIR: server.dataDir, NODE_ENV: 'test' },
        ...{ LOG_LEVEL: 'error', TOKEN: token, ...env },
      },
    });

  async function run({ title, language, code }: Block): Promise<string> {
    if (language === 'sh') return shell(code);
    const file = join(folder, `${title.replaceAll(' ', '-')}.mts`);
    await writeFile(file, here(code).replaceAll(`'./client/`, `'${ROOT}client/`));
    return output(process.execPath, ['--import', 'tsx', file], { env: { TOKEN: token } });
  }

  /** Thumbs in turn, so that a subscriber receives pushes. */
  async function thumbsUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    const stop = () => (isOver = true);
    end.then(stop, stop);
    const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
      server.url,
      token,
      '{ items(first: 100) { nodes { id } } }',
    );
    for (let n = 0; !isOver; n += 1) {
      const { id } = items.nodes[n % items.nodes.length]!;
      await askFor(
        server.url,
        token,
        'mutation ($id: ID!) { sendFeedback(input: { itemId: $id, value: UP }) { __typename } }',
        { id },
      );
      await new Promise((resolve) => setTimeout(resolve, THUMB_EVERY_MS));
    }
  }

  it('have examples for curl, Apollo Client, urql, graphql-ws, the kit and private mode', () => {
    expect(EXAMPLES.map(({ title }) => title)).toEqual(Object.keys(EXPECTED));
  });

  it.each(EXAMPLES)('have an example that runs: $title', async (example) => {
    const running = run(example);
    if (example.title === 'graphql-ws') await thumbsUntil(running);
    expect(await running).toMatch(EXPECTED[example.title]!);
  });

  it('hold only valid GraphQL', () => {
    const blocks = readDocuments().flatMap(blocksIn);
    const documents = blocks.filter(({ language }) => language === 'graphql');
    expect(documents.length).toBeGreaterThanOrEqual(2);
    const schema = buildApiSchema();
    for (const { code } of documents) expect(validate(schema, parse(code))).toEqual([]);
  });

  it('show a first query with the answer that a new user gets', async () => {
    const blocks = blocksIn(readDocument('README.md')).filter(({ title }) => title === 'First query');
    const [query, answer] = ['sh', 'json'].map((kind) => blocks.find(({ language }) => language === kind)!);
    const answered = JSON.parse(await shell(query!.code)) as unknown;
    expect(shapeOf(answered)).toEqual(shapeOf(JSON.parse(answer!.code)));
  });

  it('show an import over HTTP that is accepted', async () => {
    const curl = blocksIn(readDocument('docs/import.md')).find(({ code }) => code.startsWith('curl'))!;
    const admin = (await server.run('token', '--role', 'admin')).trim();
    const lines = (await shell(curl.code, { ADMIN_TOKEN: admin })).trim().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'report' });
  });

  it('show the three commands from files to lists', async () => {
    const data = await mkdtemp(join(tmpdir(), 'smartpersona-documents-'));
    try {
      const sample = join(ROOT, 'test/support/goodbooks-sample');
      for (const name of ['items.csv', 'ratings.csv']) await copyFile(join(sample, name), join(data, name));
      await writeFile(join(data, 'users.csv'), 'userId\n314\na-stranger\n');
      const block = blocksIn(readDocument('README.md')).find(({ title }) => title === 'Your own data')!;
      const env = {
        ...{ MONGODB_URI: freshDatabase(inject('mongoUri')), SMARTPERSONA_DATA_DIR: join(data, 'data') },
        ...{ SMARTPERSONA_SECRET: KEY, SMARTPERSONA_PEPPER: KEY, LOG_LEVEL: 'error', NODE_ENV: 'test' },
      };
      await output('bash', ['-euc', withPrograms(block.code)], { env, cwd: data });
      const lists = (await readFile(join(data, 'lists.csv'), 'utf8')).trim().split('\n');
      expect(lists.map((line) => line.split(',').length)).toEqual([11, 11]);
      expect(lists.map((line) => line.split(',')[0])).toEqual(['314', 'a-stranger']);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it('explain every option of the import', async () => {
    const { text } = readDocument('docs/import.md');
    const usage = await shell('npm run import -- --help');
    const options = [...usage.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map((match) => match[1]!);
    expect(options).toContain('--prune');
    const ofAllCommands = ['--help', '--version'];
    expect(options.filter((option) => !ofAllCommands.includes(option) && !text.includes(option))).toEqual([]);
  });

  it('show only options that the commands have', async () => {
    const shown = readDocuments()
      .flatMap(commandsIn)
      .filter(({ name, options }) => options.length > 0 && /^(exec )?node dist\//.test(scripts[name] ?? ''));
    const names = [...new Set(shown.map(({ name }) => name))];
    expect(names).toEqual(expect.arrayContaining(['import', 'recommend', 'token', 'simulate']));
    for (const name of names) {
      const usage = await shell(`npm run ${name} -- --help`);
      const unknown = shown
        .filter((command) => command.name === name)
        .flatMap(({ path, options }) => options.map((option) => ({ path, name, option })))
        .filter(({ option }) => !new RegExp(`^  (?:-h, )?--${option}\\b`, 'm').test(usage));
      expect(unknown).toEqual([]);
    }
  });
});

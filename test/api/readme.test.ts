/** The README's examples for frontends, taken out of it and run against a real server, so that they stay true. */

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { buildApiSchema } from '../../server/resolvers/index.js';
import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 60_000;
const THUMB_EVERY_MS = 1_000;

interface Example {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** The blocks of code of a section, or of the whole text, each with the bold words or the heading before it. */
function examplesIn(markdown: string, section?: string): Example[] {
  const start = section === undefined ? 0 : markdown.indexOf(`\n## ${section}\n`) + 1;
  const end = section === undefined ? -1 : markdown.indexOf('\n## ', start);
  const text = markdown.slice(start, end === -1 ? undefined : end);
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language, 2: code, index }) => {
    const titles = [...text.slice(0, index).matchAll(/^(?:\*\*|## )([\w -]+)/gm)];
    return { title: titles.at(-1)?.[1] ?? '', language: language!, code: code! };
  });
}

const README = await readFile(join(ROOT, 'README.md'), 'utf8');
const EXAMPLES = examplesIn(README, 'Build a frontend');

/** What must be in the output of each. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  curl: /"revision":\d+,"items":\[\{"rank":1,/,
  'Apollo Client': /latencyMs/,
  urql: /endCursor/,
  'graphql-ws': /cause: 'FEEDBACK'/,
  'The kit': /^\d+ \[/m,
};

describe("the README's examples", () => {
  let server: TestServer;
  let folder: string;
  let token: string;

  beforeAll(async () => {
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')) });
    // Inside the repository, where the packages are found.
    await mkdir(join(ROOT, 'node_modules/.cache'), { recursive: true });
    folder = await mkdtemp(join(ROOT, 'node_modules/.cache/readme-'));
    token = (await server.run('token', '--role', 'user', '--user', 'reader')).trim();
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function run({ title, language, code }: Example): Promise<string> {
    const { host } = new URL(server.url);
    const here = code.replaceAll('localhost:4000', host).replaceAll(`'./client/`, `'${ROOT}client/`);
    if (language === 'sh') return output('bash', ['-c', here]);
    const file = join(folder, `${title.replaceAll(' ', '-')}.mts`);
    await writeFile(file, here);
    return output(process.execPath, ['--import', 'tsx', file]);
  }

  /** Runs a program to its end. */
  function output(program: string, args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, TOKEN: token } });
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

  /** Thumbs in turn, so that whoever listens hears something. */
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

  it('are there for curl, Apollo Client, urql, graphql-ws and the kit', () => {
    expect(EXAMPLES.map(({ title }) => title)).toEqual(Object.keys(EXPECTED));
  });

  it.each(EXAMPLES)('run: $title', async (example) => {
    const running = run(example);
    if (example.title === 'graphql-ws') await thumbsUntil(running);
    expect(await running).toMatch(EXPECTED[example.title]!);
  });

  it('in the query language are valid', () => {
    const documents = examplesIn(README).filter(({ language }) => language === 'graphql');
    expect(documents.length).toBeGreaterThan(0);
    const schema = buildApiSchema();
    for (const { code } of documents) expect(validate(schema, parse(code))).toEqual([]);
  });
});

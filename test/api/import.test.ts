/** Files by POST /import, on the real import service over a store in memory. */

import { readdirSync } from 'node:fs';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createContainer } from '../../server/app/container.js';
import type { Store } from '../../server/store/index.js';
import { createMemoryStore } from '../../server/store/memory/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { waitFor } from '../support/wait-for.js';

const ITEMS = 'itemId,title,category\na,First,books\nb,Second,books\n,Nameless,books\n';
const EVENTS =
  'userId,type,itemId,timestamp\nanna,like,a,2026-03-01T12:00:00Z\nanna,sniff,a,2026-03-01T12:00:00Z\nben,view,b,2026-03-01T12:00:00Z\n';
const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

interface Line {
  readonly type: string;
  readonly report?: Record<string, unknown> & { rejects: { line: number; column: string }[] };
  readonly errors?: { message: string; extensions: { code: string } }[];
}

describe('POST /import', () => {
  let fake: FakeApi;
  let store: Store;

  beforeAll(async () => {
    store = createMemoryStore();
    const { imports } = createContainer({
      store,
      trainer: null as never,
      pseudonymize: (rawId) => rawId.split('').reverse().join('').padEnd(64, '0'),
      log: SILENT,
    });
    fake = await startFakeApi({ imports, limits: { maxImportBytes: 100_000 } });
  });
  afterAll(() => fake.close());

  const send = (query: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${fake.url}/import?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.asAdmin}`, 'content-type': 'text/csv', ...headers },
      body,
    });
  const linesOf = async (response: Response): Promise<Line[]> =>
    (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  const codeOf = async (response: Response) =>
    ((await response.json()) as Required<Pick<Line, 'errors'>>).errors[0]!.extensions.code;

  it('lands good rows, lists bad ones, and ends with the report', async () => {
    const items = await linesOf(await send('kind=items&name=items.csv', ITEMS));
    expect(items.at(-1)).toMatchObject({
      type: 'report',
      report: { kind: 'items', read: 3, recorded: 2, rejected: 1, rejects: [{ line: 4, column: 'itemId' }] },
    });
    const response = await send('kind=events', EVENTS);
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    expect((await linesOf(response)).at(-1)).toMatchObject({
      report: { read: 3, recorded: 2, newUsers: 2, rejected: 1, rejects: [{ line: 3, column: 'type' }] },
    });
    expect(await store.users.count()).toBe(2);
  });

  it('changes nothing when the same file comes again, and writes nothing when it only checks', async () => {
    const again = await linesOf(await send('kind=events', EVENTS));
    expect(again.at(-1)?.report).toMatchObject({ recorded: 0, unchanged: 2 });
    const checked = await linesOf(await send('kind=ratings&dryRun=true', 'userId,itemId,rating\ncarl,a,5\n'));
    expect(checked.at(-1)?.report).toMatchObject({ read: 1, isDryRun: true });
    expect(await store.users.count()).toBe(2);
  });

  it('never shows a raw user id, and leaves no file behind', async () => {
    const shifted = 'userId,type,itemId,timestamp\nsecret-person,secret-person,a,now\n';
    expect(await (await send('kind=events', shifted)).text()).not.toContain('secret-person');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('smartpersona-import-'))).toEqual([]);
  });

  it('takes the keys of a mapping, one by one or together, and no other parameter', async () => {
    const foreign = 'who;what;grade\nanna;a;9\nben;b;2\n';
    const map = 'userId=who,itemId=what,rating=grade';
    const query = new URLSearchParams({ kind: 'ratings', dryRun: 'true', map, scale: '1..10', likeAt: '7' });
    const together = JSON.stringify({ map, scale: '1..10', 'like-at': 7 });
    for (const parameters of [
      query,
      new URLSearchParams({ kind: 'ratings', dryRun: 'true', mapping: together }),
    ]) {
      const [report] = (await linesOf(await send(String(parameters), foreign))).slice(-1);
      expect(report.report).toMatchObject({ read: 2, rejected: 0, problems: [] });
      expect(report.report?.['mapping']).toEqual([
        'took who as userId, what as itemId, grade as rating (CSV with semicolons)',
        'ratings are on the scale 1..10 (given): from 7 a like, up to 3.25 a dislike',
      ]);
    }
    for (const wrong of ['like_at=7', 'likeAt=x', 'map=person=x', 'mapping=[]', 'mapping=x', 'preview=1'])
      expect((await send(`kind=ratings&${wrong}`, foreign)).status, wrong).toBe(400);
  });

  it('asks before anything lands, and says what is wrong with a file that could be read', async () => {
    const ones = `userId,itemId,rating\n${Array.from({ length: 9 }, (_, i) => `u${i},a,1\n`).join('')}`;
    const asked = await send('kind=ratings', ones);
    expect(asked.status).toBe(400);
    expect(await asked.text()).toContain('all ratings are 1, too few ratings to recognise their scale');
    const strangers = `userId,itemId,rating\n${Array.from({ length: 30 }, (_, i) => `u${i},x${i},5\n`).join('')}`;
    const [last] = (await linesOf(await send('kind=ratings&dryRun=true', strangers))).slice(-1);
    expect(last.report?.['problems']).toEqual([
      expect.stringContaining('No row names an item of the catalogue'),
    ]);
  });

  it('shows a preview without people in it', async () => {
    const content = 'secret-1\ta\t5\nsecret-2\tb\t4\n';
    const [line] = await linesOf(await send('kind=ratings&preview=true', content));
    const { preview } = line as unknown as { preview: { question: string; columns: { cells: string[] }[] } };
    expect(preview.question).toContain('--map userId=1,itemId=2,rating=3');
    expect(JSON.stringify(line)).not.toContain('secret');
    const map = new URLSearchParams({ map: 'userId=1,itemId=2,rating=3' });
    const [mapped] = await linesOf(await send(`kind=ratings&preview=true&${map}`, content));
    expect(JSON.stringify(mapped)).not.toContain('secret');
    expect((mapped as unknown as { preview: object }).preview).toMatchObject({
      question: null,
      columns: [{ cells: ['text', 'text'] }, { cells: ['a', 'b'] }, { cells: ['5', '4'] }],
    });
    expect(await store.users.count()).toBe(2);
  });

  it('answers previews side by side, each of the beginning of a file', async () => {
    const query = 'kind=events&preview=true&partial=true';
    const beginning = EVENTS.slice(0, -10);
    const answers = await Promise.all(Array.from({ length: 4 }, () => send(query, beginning)));
    for (const answer of answers) {
      const [line] = await linesOf(answer);
      expect(line).toMatchObject({
        type: 'preview',
        preview: {
          nChecked: 2,
          rejected: 1,
          reasons: [{ column: 'type', count: 1, values: [{ value: 'sniff', count: 1 }] }],
          types: [
            { word: 'like', meaning: 'like', count: 1 },
            { word: 'sniff', meaning: null, count: 1 },
          ],
        },
      });
    }
    expect(await codeOf(await send('kind=events&partial=true', EVENTS))).toBe('INVALID_INPUT');
  });

  it('tells a form from a file', async () => {
    const form = new FormData();
    form.append('file', new Blob([ITEMS]), 'items.csv');
    const response = await fetch(`${fake.url}/import?kind=items`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.asAdmin}` },
      body: form,
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toContain('--data-binary @FILE');
  });

  it('reads JSON lines without being told', async () => {
    const lines = await linesOf(await send('kind=items', '{"itemId":"c","title":"Third"}\n'));
    expect(lines.at(-1)?.report).toMatchObject({ recorded: 1 });
  });

  it('refuses what is not for the caller, what is too large, and what it does not understand', async () => {
    expect((await send('kind=items', ITEMS, { authorization: '' })).status).toBe(401);
    expect((await send('kind=items', ITEMS, { authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await send('kind=items', ITEMS, { authorization: `Bearer ${fake.asAlice}` })).status).toBe(403);
    expect((await send('kind=items', ITEMS, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await send('kind=items', 'x'.repeat(100_001))).status).toBe(413);
    expect((await send('kind=people', ITEMS)).status).toBe(400);
    expect((await send('kind=items&dryRun=perhaps', ITEMS)).status).toBe(400);
    expect((await fetch(`${fake.url}/import?kind=items`)).status).toBe(405);
    expect(await codeOf(await send('kind=events', 'who,what\n1,2\n'))).toBe('INVALID_INPUT');
    expect(await codeOf(await send('kind=events', ''))).toBe('INVALID_INPUT');
    expect(fake.logged).toEqual([]);
  });

  it('takes one file at a time, and the next one when the first was given up', async () => {
    const open: { first: ClientRequest | null } = { first: null };
    const begin = async () => {
      const first = httpRequest(`${fake.url}/import?kind=events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${fake.asAdmin}` },
      });
      open.first = first;
      first.on('error', () => undefined);
      // Answered before it was given up: it met the import below, and begins again.
      first.on('response', () => (open.first = null));
      first.write(EVENTS);
      // A whole round trip behind it, on a connection of its own.
      await send('kind=people', ITEMS);
    };
    await waitFor(async () => {
      if (open.first === null) await begin();
      return (await send('kind=items', ITEMS)).status === 409;
    }, 'the first import to run');
    open.first?.destroy();
    await waitFor(
      async () => (await send('kind=items', ITEMS)).status === 200,
      'the next import to be taken',
    );
    expect(fake.logged).toEqual([]);
  });
});

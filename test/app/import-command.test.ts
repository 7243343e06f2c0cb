/** `npm run import`, `npm run recommend` and `npm run personas` with files as people really have them. */

import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';

import type { Store } from '../../server/store/index.js';
import { DATA_VERSION } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { freshDatabase } from '../support/database.js';
import { runCommand } from '../support/server.js';

const ITEMS =
  'itemId,title,category,tags\nb1,First,Books,a|b\nb2,Second,Books,a\nb3,Third,Films,b\nb4,Fourth,Films,\n';
const KEY = '7b1e94c05fd23a68e7401bc9d85f36a2';
const EVENTS_HEADER = 'userId,type,itemId,timestamp,value,sessionId\n';

// Commands are programs of their own: each takes seconds on a small machine.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let env: NodeJS.ProcessEnv;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-'));
  const uri = freshDatabase(inject('mongoUri'));
  // Commands make no keys for a database that is not their own.
  env = {
    ...process.env,
    ...{ MONGODB_URI: uri, SMARTPERSONA_DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'error' },
    ...{ SMARTPERSONA_SECRET: KEY, SMARTPERSONA_PEPPER: KEY },
  };
  store = await createMongoStore({ uri });
  await store.dataset.update({ isSynthetic: true });
  await store.migrations.stamp(DATA_VERSION);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const runImport = (...args: string[]) => runCommand(env, 'import', args);
/** What an import says that ends with an exit code. */
const failingImport = (...args: string[]) =>
  runImport(...args).then(
    (output) => {
      throw new Error(`It ended well: ${output}`);
    },
    (error: Error) => error.message,
  );
const rejects = async () => readFile(join(folder, 'data', 'rejects.csv'), 'utf8').catch(() => '');

/** How much the database holds. */
async function stored() {
  const [items, users, events, profiles] = await Promise.all([
    store.items.count(),
    store.users.count(),
    store.activity.countEvents(),
    store.profiles.count(),
  ]);
  return { items, users, events, profiles };
}

const NOTHING = { items: 0, users: 0, events: 0, profiles: 0 };

describe('a file that cannot be read as a whole', () => {
  it('is told in one sentence, and the good file beside it is not half-landed', async () => {
    const items = await file('items.csv', ITEMS);
    const folderInPlace = join(folder, 'folder.csv');
    await mkdir(folderInPlace);
    const cases: [path: string, message: RegExp][] = [
      [join(folder, 'nowhere.csv'), /There is no file .*nowhere\.csv\./],
      [folderInPlace, /folder\.csv is a directory; name a CSV or JSONL file\./],
      [await file('wrong.csv', 'user,item,grade\n1,2,3\n'), /lacks the column "rating"; it has "user"/],
      [await file('one.csv', 'userId,itemId,rating\nu,b1,1\n'), /all ratings are 1, too few .*--scale/],
    ];
    for (const [path, message] of cases) {
      const error = await runImport('--items', items, '--ratings', path).catch((reason: unknown) => reason);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/\n\s+at /);
    }
    expect(await stored()).toEqual(NOTHING);
    expect((await store.dataset.get()).isSynthetic).toBe(true);
  });

  it('is not needed at all to be told how the command is used', async () => {
    await expect(runImport()).rejects.toThrow(
      'Name at least one file: --items, --events or --ratings; see npm run import -- --help.',
    );
    await expect(runImport('--itmes', 'x')).rejects.toThrow(
      'Unknown option --itmes; see npm run import -- --help.',
    );
    const ratings = await file('ratings.csv', 'userId,itemId,rating\nu,i,3\n');
    await expect(runImport('--ratings', ratings, '--like-at', '2', '--dislike-at', '4')).rejects.toThrow(
      /overlap/,
    );
  });
});

describe('rows that break a rule', () => {
  it('are listed with line and reason while the others land, from a file with every fault at once', async () => {
    const items = await file('items.csv', `\uFEFF${ITEMS.replaceAll('\n', '\r\n')}`);
    const events = await file(
      'events.csv',
      Buffer.concat([
        Buffer.from(`\uFEFF${EVENTS_HEADER}`.replaceAll('\n', '\r\n')),
        Buffer.from('ann,view,b1,2026-01-05T10:00:00Z,12,s1\r\n'),
        Buffer.from(',view,b1,2026-01-05T10:00:00Z,12,s1\r\n'),
        Buffer.from('ann,view,b1,9999-12-31T23:59:59Z,12,s1\r\n'),
        Buffer.from([...Buffer.from('bob,view,b'), 0xc3, 0x28]),
        Buffer.from(',2026-01-05T10:00:00Z,,\r\n'),
        Buffer.alloc(50_000_000, 'x'),
        Buffer.from('\r\nann,like,gone-from-the-catalogue,2026-01-05T10:01:00Z,,s1\r\n'),
        Buffer.from('bob,purchase,b3,2026-01-06T10:00:00Z,9.5,\r\n'),
      ]),
    );
    // More than a tenth of the events is rejected, which a script has to notice.
    const output = await failingImport('--items', items, '--events', events);
    expect(output).toMatch(
      /^import exited with 3: [\s\S]*events: 57 % of the rows were rejected, more than 10 %\./,
    );
    expect(output).toContain('items: 4 rows read, 4 new\n');
    expect(output).toContain(
      'events: 7 rows read, 3 new, 4 rejected, 1 on items that are not in the catalogue (kept), 2 new users',
    );
    expect(output).toContain('  1 × timestamp is more than a day in the future\n');
    expect(output).toContain('  from 2026-01-05 10:00 to 2026-01-06 10:00 UTC\n');
    expect(output).toContain('Rejected rows are listed in');
    const lines = (await rejects()).trim().split('\n');
    expect(lines[0]).toBe('file,line,column,reason,excerpt');
    expect(lines.slice(1).map((line) => line.slice(events.length + 1))).toEqual([
      '3,userId,is empty,',
      '4,timestamp,is more than a day in the future,9999-12-31T23:59:59Z',
      '5,,the line is not valid UTF-8,',
      '6,,the line is longer than 1 MiB,',
    ]);
    expect(await stored()).toEqual({ items: 4, users: 2, events: 3, profiles: 2 });
    expect((await store.dataset.get()).unknownItemEvents).toBe(1);
  });

  it('are ratings out of range, and a header alone is no fault', async () => {
    const ratings = await file('ratings.csv', 'userId,itemId,rating\nann,b1,5\nann,b2,11\nann,b3,-2\n');
    const events = await file('events.csv', EVENTS_HEADER);
    const output = await failingImport('--events', events, '--ratings', ratings, '--scale', '0.5..5');
    expect(output).toContain('events: 0 rows read, 0 new\n');
    expect(output).toContain('ratings: 3 rows read, 1 new, 2 rejected');
    expect(output).toContain('  2 × rating is not between 0.5 and 5: 11 1, -2 1\n');
    expect(output).toContain('ratings: The catalogue is empty, so nothing can be recommended');
    expect(await rejects()).toMatch(/,3,rating,is not between 0\.5 and 5,11\n.*,4,rating,is not/);
    expect(await stored()).toMatchObject({ users: 1, events: 1 });
  });
});

describe('an import', () => {
  it('writes nothing when it is a dry run, and changes nothing when it is run again', async () => {
    const files = [
      ...['--items', await file('items.csv', ITEMS)],
      ...['--events', await file('events.csv', `${EVENTS_HEADER}ann,view,b1,2026-01-05T10:00:00Z,12,s1\n`)],
      ...['--ratings', await file('ratings.csv', 'userId,itemId,rating\nann,b1,5\nbob,b2,1\nbob,b3,9\n')],
      ...['--scale', '0.5..5'],
    ];
    const dry = await failingImport(...files, '--dry-run');
    expect(dry.match(/dry run, nothing written/g)).toHaveLength(3);
    expect(dry).toContain('1 would be rejected');
    expect(await stored()).toEqual(NOTHING);
    expect((await store.dataset.get()).isSynthetic).toBe(true);

    await failingImport(...files);
    const first = await stored();
    const everything = async () => {
      const rows: unknown[] = [];
      for await (const batch of store.profiles.streamAll()) rows.push(...batch);
      for await (const batch of store.items.streamAll()) rows.push(...batch);
      return rows;
    };
    const before = await everything();
    expect(first).toEqual({ items: 4, users: 2, events: 3, profiles: 2 });
    const again = await failingImport(...files);
    expect(again).toContain('items: 4 rows read, 0 new, 4 unchanged');
    expect(again).toContain('events: 1 rows read, 0 new, 1 unchanged');
    expect(again).toContain('ratings: 3 rows read, 0 new, 2 unchanged, 1 rejected');
    expect(await stored()).toEqual(first);
    expect(await everything()).toEqual(before);
  });
});

describe('a file of another kind', () => {
  const rows = Array.from({ length: 30 }, (_, i) => [`Zoë-${i}`, `b${(i % 4) + 1}`, (i % 10) + 1]);
  const table = (mark: string) => rows.map((row) => `${row.join(mark)}\n`).join('');

  it('lands by itself, packed, in latin-1, with semicolons and names of its own', async () => {
    const items = await file('items.csv', ITEMS);
    const packed = gzipSync(Buffer.from(`user_id;movieId;stars\n${table(';')}`, 'latin1'));
    const output = await runImport('--items', items, '--ratings', await file('ratings.csv.gz', packed));
    expect(output).toContain('ratings: 30 rows read, 30 new, 30 new users\n');
    expect(output).toContain(
      '  took user_id as userId, movieId as itemId, stars as rating (CSV with semicolons, windows-1252, gzip)\n',
    );
    expect(output).toContain('  ratings are on the scale 1..10 (recognised): from 7.75 a like');
  });

  it('without a header line is asked about, never shown, and lands with a mapping from a file', async () => {
    const items = await file('items.csv', ITEMS);
    const ratings = await file('u.data', table('\t'));
    const question = await failingImport('--items', items, '--ratings', ratings);
    expect(question).toMatch(
      /^import exited with 1: .*has no header line.*--map userId=1,itemId=2,rating=3/s,
    );
    expect(question).not.toContain('Zo');
    expect(await stored()).toEqual(NOTHING);
    const yaml = await file(
      'map.yaml',
      'map: { userId: 1, itemId: 2, rating: 3 }\nscale: 1..10\nlike-at: 9\n',
    );
    const output = await runImport('--items', items, '--ratings', ratings, '--mapping', yaml);
    expect(output).toContain('(given): from 9 a like, up to 3.25 a dislike\n');
    expect(await stored()).toMatchObject({ items: 4, users: 30, events: 30 });
    const wrong = await file('wrong.yaml', 'maps: x\n');
    await expect(runImport('--items', items, '--mapping', wrong)).rejects.toThrow(
      '"maps" is not a mapping key',
    );
    await expect(runImport('--items', items, '--map', 'who=x')).rejects.toThrow(
      /exited with 2: "who" is not a field/,
    );
  });

  it('that is refused in part says which words, and the exit code says so too', async () => {
    const items = await file('items.csv', ITEMS);
    const events = await file(
      'events.csv',
      `${EVENTS_HEADER}ann,view,b1,2026-01-05,,\nann,skip,b2,2026-01-05,,\nbob,ADD_TO_CART,b2,2026-01-05,,\n`,
    );
    const output = await failingImport('--items', items, '--events', events);
    expect(output).toMatch(/^import exited with 3: [\s\S]*events: 33 % of the rows were rejected/);
    expect(output).toContain('--type skip=view, or =ignore.');
    expect(output).toMatch(/ {2}1 × type is not one of impression, .*: skip 1\n/);
    expect(output).toContain('  1 × "ADD_TO_CART" is taken as cart\n');
    await expect(runImport('--items', items, '--events', events, '--type', 'skip=ignore')).resolves.toContain(
      '1 left out',
    );
  });

  it('is not landed when its rejects cannot be written', async () => {
    const items = await file('items.csv', ITEMS);
    const nowhere = join(folder, 'no', 'rejects.csv');
    const output = await failingImport('--items', items, '--rejects', nowhere);
    expect(output).toContain(`Cannot write rejected rows to ${nowhere} (ENOENT)`);
    expect(await stored()).toEqual(NOTHING);
  });

  it('without a catalogue leaves nothing to train on, unless items are made of its ids', async () => {
    const ratings = await file('ratings.csv', `userId,itemId,rating\n${table(',')}`);
    expect(await failingImport('--ratings', ratings)).toContain('The catalogue is empty');
    await expect(runCommand(env, 'retrain', [])).rejects.toThrow(
      'The catalogue is empty, so there is nothing',
    );
    expect(await runImport('--ratings', ratings, '--items-from-events')).toContain(
      '4 items created from their ids',
    );
    expect(await stored()).toMatchObject({ items: 4 });
  });
});

describe('npm run recommend', () => {
  it('gives known and unknown users lists, whatever their ids look like, and says what it cannot read', async () => {
    const people = Array.from({ length: 40 }, (_, user) => `reader "${user}", of books`);
    const rows = people.flatMap((name, user) =>
      [1, 2, 3].map((k) => `"${name.replaceAll('"', '""')}",b${((user + k) % 8) + 1},${(k % 2) * 4 + 1}`),
    );
    const items = Array.from({ length: 8 }, (_, i) => `b${i + 1},Title ${i},${i % 2 ? 'Books' : 'Films'},a`);
    await runImport(
      ...['--items', await file('items.csv', `itemId,title,category,tags\n${items.join('\n')}\n`)],
      ...['--ratings', await file('ratings.csv', `userId,itemId,rating\n${rows.join('\n')}\n`)],
    );
    const users = await file(
      'users.csv',
      `\uFEFFuserId,note\r\n"${people[0].replaceAll('"', '""')}",x\r\nnever seen,\r\n\r\n`,
    );
    const out = join(folder, 'lists.csv');
    const recommend = (...args: string[]) => runCommand(env, 'recommend', args);
    await expect(recommend('--users', users, '--out', out)).rejects.toThrow(/No model is active yet/);
    await expect(readFile(out)).rejects.toThrow('ENOENT');
    await runCommand(env, 'retrain', []);

    await recommend('--users', users, '--limit', '3', '--out', out);
    const [known, stranger, ...rest] = (await readFile(out, 'utf8')).split('\n');
    expect(rest).toEqual(['']);
    expect(known.startsWith('"reader ""0"", of books",b')).toBe(true);
    expect(known).not.toMatch(/,(b2|b4)(,|$)/);
    expect(stranger).toMatch(/^never seen(,b[1-8]){3}$/);

    const name = people[1].replaceAll('"', '""');
    for (const [content, suffix, last] of [
      [
        `note;Customer ID\nx;"${name}"\ny;"${name}"\n`,
        'csv',
        '1 users -> .*, 1 lists are shorter than 10: no further items are available for them, 1 repeated ids listed once',
      ],
      [
        `${JSON.stringify({ user_id: people[1] })}\n{"user_id":"new"}\n`,
        'jsonl',
        '1 of 2 users unknown: cold-start lists, 2 lists are shorter than 10: .*',
      ],
    ] as const) {
      const answer = await recommend('--users', await file(`others.${suffix}`, content), '--out', out);
      expect(answer).toMatch(new RegExp(`${last}\\n$`));
      expect((await readFile(out, 'utf8')).startsWith('"reader ""1"", of books",b')).toBe(true);
    }
    const empty = await file('empty.csv', 'userId\n');
    await expect(recommend('--users', empty, '--out', out)).rejects.toThrow(
      'contains no user id below its header',
    );
    const odd = await file('odd.csv', 'shopper,age\nx,31\n');
    await expect(recommend('--users', odd, '--out', out)).rejects.toThrow('--column COLUMN');
    await recommend('--users', odd, '--out', out, '--column', 'shopper');

    const missing = join(folder, 'nobody.csv');
    for (const [args, message] of [
      [['--users', missing, '--out', out], /There is no file .*nobody\.csv/],
      [['--users', users, '--out', join(folder, 'no', 'where.csv')], /where\.csv cannot be written/],
    ] as const) {
      const error = await recommend(...args).catch((reason: unknown) => reason);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/\n\s+at /);
    }
  });
});

describe('npm run personas', () => {
  it('says what is wrong with a table', async () => {
    const personas = (path: string, ...args: string[]) =>
      runCommand(env, 'personas', ['--features', path, '--out', join(folder, 'out.csv'), ...args]);
    for (const [path, message] of [
      [await file('uneven.csv', 'a,b\n1,2\n3\n'), /exited with 3: [\s\S]*line 3: the row has 1 fields/],
      [await file('words.csv', 'a,b\n1,2\n3,many\n'), /words\.csv/],
    ] as const) {
      const error = await personas(path).catch((reason: unknown) => reason);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/\n\s+at /);
    }
  });
});

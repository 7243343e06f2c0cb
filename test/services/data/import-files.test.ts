/** Files as people have them, of every kind, through the real import service over a store in memory. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { createContainer } from '../../../server/app/container.js';
import { InvalidInputError } from '../../../server/domain/index.js';
import { parseMapping } from '../../../server/ingest/index.js';
import type { ImportReport } from '../../../server/services/data/index.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { temporaryFolder } from '../../ingest/temporary-file.js';

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const ITEMS = `itemId,title,category\n${lines(9, (i) => `i${i},Title ${i},cat${i % 2}`)}`;

let folder: string;
let store: Store;
let imports: ReturnType<typeof createContainer>['imports'];

beforeEach(() => {
  folder = temporaryFolder();
  store = createMemoryStore();
  imports = createContainer({
    store,
    trainer: null as never,
    pseudonymize: (rawId) => Buffer.from(rawId).toString('hex').padEnd(64, '0'),
    log: SILENT,
  }).imports;
});

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
}

interface Files {
  items?: string;
  events?: string;
  ratings?: string;
}

/** Imports contents; a name other than the kind's CSV follows a `:` in `names`. */
async function run(
  contents: Files,
  {
    keys = {},
    names = {},
    dryRun = false,
  }: { keys?: Record<string, unknown>; names?: Files; dryRun?: boolean } = {},
): Promise<ImportReport[]> {
  const paths = Object.entries(contents).map(([kind, content]) => {
    const path = join(folder, names[kind as keyof Files] ?? `${kind}.csv`);
    writeFileSync(path, content as string);
    return [kind, path] as const;
  });
  const request = Object.fromEntries(paths) as Files;
  return imports.run({ ...request, mapping: parseMapping(keys), dryRun, rejectPath: null });
}

async function eventTypes(): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  for await (const { events } of store.activity.streamByUser())
    for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Object.fromEntries(counts);
}

async function items() {
  const all = [];
  for await (const batch of store.items.streamAll()) all.push(...batch);
  return all;
}

const offered = async () =>
  (await items()).filter(({ isAvailable }) => isAvailable).map(({ itemId }) => itemId);

/** Every row of a file is somewhere in its report. */
function expectNothingLost(reports: readonly ImportReport[]): void {
  for (const { read, recorded, updated, unchanged, rejected, leftOut, equalRows } of reports)
    expect(recorded + updated + unchanged + rejected + leftOut + equalRows).toBe(read);
}

describe('ratings', () => {
  const ratings = (values: readonly (number | string)[]) =>
    `userId,itemId,rating\n${lines(40, (i) => `u${i % 8},i${Math.floor(i / 8)},${values[i % values.length]}`)}`;

  it.each([
    ['likes as ones, by hand', [1], { scale: '0..1' }, { like: 40 }],
    ['nothing but one star, by hand', [1], { scale: '1..5' }, { dislike: 40 }],
    ['zeros and ones', [1, 1, 1, 0], {}, { like: 30, dislike: 10 }],
    ['minus and plus', [1, -1, 1, 1], {}, { like: 30, dislike: 10 }],
    ['one to ten', [10, 1, 8, 5], {}, { like: 20, dislike: 10, rating: 10 }],
    [
      'one to ten by hand',
      [10, -1, 7, 4],
      { 'like-at': 7, 'dislike-at': 4 },
      { like: 20, dislike: 10, view: 10 },
    ],
    ['percent', [100, 90, 55, 10], {}, { like: 20, dislike: 10, rating: 10 }],
    ['five stars and not rated', [5, 4, 0, 1], {}, { like: 20, dislike: 10, view: 10 }],
  ])('are never inverted: %s', async (_what, values, keys, types) => {
    const reports = await run({ items: ITEMS, ratings: ratings(values) }, { keys });
    expect(await eventTypes()).toEqual(types);
    expect(reports[1].problems).toEqual([]);
    expectNothingLost(reports);
  });

  it('sees a user first at the earliest dated event, not at the time of the import', async () => {
    const events = `userId,type,itemId,timestamp\nu0,view,i1,2026-01-07\nu0,view,i2,2026-01-05\n`;
    await run({ items: ITEMS, events });
    const { rows } = await store.users.list({ first: 10, after: null });
    expect(rows.map(({ createdAt }) => createdAt)).toEqual([Date.parse('2026-01-05')]);
  });

  it('keeps a history of imports, without dry runs and without the folder of the file', async () => {
    const events = `userId,type,itemId,timestamp\n${lines(3, (i) => `u${i},view,i${i},2026-01-05`)}u9,sniff,i1,2026-01-05\n`;
    await run({ items: ITEMS, events }, { dryRun: true });
    expect(await imports.imports(10)).toEqual([]);
    await run({ items: ITEMS, events }, { names: { events: 'week-1.csv' } });
    const history = await imports.imports(10);
    expect(history.find(({ kind }) => kind === 'events')).toMatchObject({
      ...{ name: 'week-1.csv', read: 4, recorded: 3, rejected: 1, unknownItems: 0, newUsers: 3 },
    });
    expect(history.find(({ kind }) => kind === 'items')).toMatchObject({ recorded: 9, rejected: 0 });
  });

  it('whose scale nobody can tell are asked about before anything lands', async () => {
    const question = run({ items: ITEMS, ratings: ratings([1, 2, 3]) });
    await expect(question).rejects.toThrow(InvalidInputError);
    await expect(question).rejects.toThrow(/the ratings are 1, 2 and 3\. Give the scale .* --scale 1\.\.5/);
    expect(await store.items.count()).toBe(0);
  });

  it('without times end at the last word, night by night', async () => {
    const day = (stars: number) =>
      `userId,itemId,rating\n${lines(20, (i) => `u0,i${i},${i < 9 ? stars : 5}`)}`;
    await run({ items: ITEMS, ratings: day(5) });
    const opinion = async () => {
      const [profile] = await store.profiles.findMany([Buffer.from('u0').toString('hex').padEnd(64, '0')]);
      return profile.interactions.filter((row) => row.opinion === -1).length;
    };
    for (const [stars, recorded, dislikes] of [
      [5, 0, 0],
      [1, 9, 9],
      [1, 0, 9],
      [5, 9, 0],
      [5, 0, 0],
      [1, 9, 9],
    ] as const) {
      const reports = await run({ ratings: day(stars) });
      expect(reports[0]).toMatchObject({ recorded, unchanged: 20 - recorded });
      expect(await opinion()).toBe(dislikes);
      expectNothingLost(reports);
    }
  });
});

describe('events', () => {
  const shop = (types: readonly string[]) =>
    `timestamp,visitorid,event,itemid,transactionid\n${lines(40, (i) => `${1433978116913 + i},${200 + (i % 8)},${types[i % types.length]},i${i % 9},`)}`;

  it('of a shop land under its own names', async () => {
    const reports = await run({ items: ITEMS, events: shop(['view', 'addtocart', 'transaction', 'View']) });
    expect(await eventTypes()).toEqual({ view: 20, cart: 10, purchase: 10 });
    expect(reports[1]).toMatchObject({
      problems: [],
      remarks: [
        { remark: '"addtocart" is taken as cart', count: 10 },
        { remark: '"transaction" is taken as purchase', count: 10 },
      ],
      from: 1433978116913,
      to: 1433978116913 + 39,
    });
    expect(reports[1].mapping[0]).toBe(
      'took visitorid as userId, event as type, itemid as itemId, timestamp (CSV with commas)',
    );
  });

  it('of unknown types are counted by their words, and leave a problem', async () => {
    const [, report] = await run({ items: ITEMS, events: shop(['view', 'play', 'play', 'skip']) });
    expect(report.reasons).toEqual([
      {
        column: 'type',
        reason: expect.stringContaining('is not one of impression, view'),
        count: 30,
        values: [
          { value: 'play', count: 20 },
          { value: 'skip', count: 10 },
        ],
      },
    ]);
    expect(report.problems).toEqual([
      '75 % of the rows were rejected, more than 10 %. Map a value with --type play=view, or =ignore.',
    ]);
    const keys = { type: 'play=click,skip=ignore' };
    const reports = await run({ items: ITEMS, events: shop(['view', 'play', 'play', 'skip']) }, { keys });
    expect(reports[1]).toMatchObject({ recorded: 20, unchanged: 10, leftOut: 10, problems: [] });
    expectNothingLost(reports);
  });

  it('without a type may all be of one', async () => {
    const bought = `customer_id,article_id,t_dat\n${lines(20, (i) => `c${i},i${i % 9},2020-09-0${1 + (i % 9)}`)}`;
    await expect(run({ items: ITEMS, events: bought })).rejects.toThrow('lacks the column "type"');
    await run({ items: ITEMS, events: bought }, { keys: { type: 'purchase' } });
    expect(await eventTypes()).toEqual({ purchase: 20 });
  });

  it('that are equal are counted as such', async () => {
    const header = 'userId,type,itemId,timestamp\n';
    const seen = 'u,view,i1,2020-09-01\n';
    const bought = 'u,purchase,i1,2020-09-01 10:00\n';
    const events = header + seen.repeat(3) + bought.repeat(2);
    const [, report] = await run({ items: ITEMS, events });
    expect(report).toMatchObject({ read: 5, recorded: 2, equalRows: 3, unchanged: 0 });
    const [again] = await run({ events });
    expect(again).toMatchObject({ read: 5, recorded: 0, equalRows: 3, unchanged: 2 });
  });

  it('that are purchases of one day without a time are as many pieces, however often they are imported', async () => {
    const events = `userId,type,itemId,timestamp\n${'u,purchase,i1,2020-09-01\n'.repeat(3)}`;
    const [, report] = await run({ items: ITEMS, events });
    expect(report).toMatchObject({ read: 3, recorded: 3, equalRows: 0 });
    const [again] = await run({ events });
    expect(again).toMatchObject({ read: 3, recorded: 0, equalRows: 0, unchanged: 3 });
    expect(await eventTypes()).toEqual({ purchase: 3 });
  });

  it('show the id of no user among the columns they ignore', async () => {
    const events = 'userId,type,itemId,timestamp,note,u1,u2,u3\nu1,view,i1,2020-09-01,x,1,2,3\n';
    const [, report] = await run({ items: ITEMS, events });
    expect(report.ignoredColumns).toEqual(['note', '3 that look like ids']);
  });

  it('of ids that a spreadsheet has rounded are refused', async () => {
    const events = `userId,type,itemId,timestamp\n${'7.65612E+16,view,i1,2020-09-01\n'.repeat(3)}1e5,view,i1,2020-09-01\n`;
    const [, report] = await run({ items: ITEMS, events });
    expect(report).toMatchObject({ read: 4, recorded: 1, rejected: 3, newUsers: 1 });
    expect(report.reasons[0].reason).toContain('a spreadsheet has rounded');
  });

  it('of 64-bit ids keep every digit', async () => {
    const rows = lines(
      8,
      (i) =>
        `{"userId":7656119797098240${i},"type":"like","itemId":919687762699878${i},"timestamp":1709287200}`,
    );
    const catalogue = lines(8, (i) => `{"itemId":919687762699878${i},"title":"Game ${i}"}`);
    const names = { items: 'items.jsonl', events: 'events.jsonl' };
    const reports = await run({ items: catalogue, events: rows }, { names });
    expect(reports.map(({ recorded, newUsers }) => [recorded, newUsers])).toEqual([
      [8, 0],
      [8, 8],
    ]);
    expect(reports[1].unknownItems).toBe(0);
    expect((await items()).map(({ itemId }) => itemId)).toContain('9196877626998785');
  });

  it('with halves of characters land the same way each time, and never as another id', async () => {
    const row =
      '{"userId":"u","type":"view","itemId":"i1","timestamp":1700000000,"sessionId":"s\\ud83d","device":"\\ud83d"}\n';
    const half = '{"userId":"u","type":"view","itemId":"x\\ud83d","timestamp":1700000000}\n';
    const names = { events: 'events.jsonl' };
    const [, first] = await run({ items: ITEMS, events: row.repeat(1) + half }, { names });
    expect(first).toMatchObject({ recorded: 1, rejected: 1 });
    expect(first.reasons[0].reason).toContain('half a character');
    const [again] = await run({ events: row }, { names });
    expect(again).toMatchObject({ recorded: 0, unchanged: 1 });
  });
});

describe('a catalogue', () => {
  const likes = (id: (index: number) => string) =>
    `userId,itemId,rating\n${lines(40, (i) => `u${i % 8},${id(i % 9)},5`)}`;

  it('that is missing is a problem, unless it is made of the ids', async () => {
    const [report] = await run({ ratings: likes((i) => `i${i}`) });
    expect(report).toMatchObject({ recorded: 40, unknownItems: 40 });
    expect(report.problems).toEqual([expect.stringContaining('--items-from-events')]);
    const keys = { 'items-from-events': true };
    const [made] = await run({ ratings: likes((i) => `i${i}`) }, { keys });
    expect(made).toMatchObject({ newItems: 9, problems: [] });
    expect((await items())[3]).toMatchObject({ itemId: 'i3', title: 'i3', category: '' });
    expect((await run({ ratings: likes((i) => `i${i}`) }, { keys, dryRun: true }))[0].newItems).toBe(0);
  });

  it('that the ids never meet is a problem, with its cause where it is known', async () => {
    const numbered = `itemId,title\n${lines(9, (i) => `${17850 + i},T`)}`;
    const [, floats] = await run({ items: numbered, ratings: likes((i) => `${17850 + i}.0`) });
    expect(floats.problems).toEqual([
      expect.stringMatching(/^No row names an item .* end in "\.0", which pandas adds/),
    ]);
    const [others] = await run({ ratings: likes((i) => `x${i}`) }, { dryRun: true });
    expect(others.problems[0]).toContain('must be spelled alike');
    // Both files of a dry run are held against each other.
    expect(
      (await run({ items: ITEMS, ratings: likes((i) => `i${i}`) }, { dryRun: true }))[1].problems,
    ).toEqual([]);
  });

  it('may be a list of ids, or have gaps in its titles', async () => {
    const [bare] = await run({ items: 'itemId\na\nb\n' });
    expect(bare).toMatchObject({ recorded: 2, problems: [] });
    expect(bare.remarks).toEqual([{ remark: 'titles are missing: the id is used', count: 2 }]);
    const sparse = '{"itemId":"g0","category":"c"}\n{"itemId":"g1","title":"G1","hours":{"mon":"9"}}\n';
    const [report] = await run({ items: sparse }, { names: { items: 'items.jsonl' } });
    expect(report).toMatchObject({ recorded: 2, rejected: 0, nestedColumns: ['hours'] });
    expect((await store.items.find('g0'))?.title).toBe('g0');
  });

  it.each([
    ['a path', 'Home|Garden|Bulb', 'x|y'],
    ['a JSON array', '"[""Home"",""Garden"",""Bulb""]"', '"[""x"",""y""]"'],
    ['a list', '"Home, Garden, Bulb"', '"x, y"'],
  ])('has the first level for a category and the others for tags: %s', async (_what, category, tags) => {
    await run({ items: `itemId,title,category,tags\na,A,${category},${tags}\n` });
    expect(await store.items.find('a')).toMatchObject({
      category: 'Home',
      tags: ['x', 'y', 'Garden', 'Bulb'],
    });
  });

  it('has genres for categories, and none where a film has none', async () => {
    await run({ items: 'movieId,title,genres\n1,"A, B",Garden|Seed\n2,C,(no genres listed)\n' });
    expect(await store.items.find('1')).toMatchObject({ title: 'A, B', category: 'Garden', tags: ['Seed'] });
    expect(await store.items.find('2')).toMatchObject({ category: '', tags: [] });
  });

  it('knows availability by many names, and never leaves an item on offer by a word it does not know', async () => {
    const rows =
      '{"itemId":"a1","title":"One","isAvailable":false}\n{"itemId":"a2","title":"Two","in_stock":false}\n{"itemId":"a4","title":"Four"}\n';
    await run({ items: rows }, { names: { items: 'items.jsonl' } });
    expect(await offered()).toEqual(['a4']);
    await run({ items: 'itemId,title,available\na1,One,t\na2,Two,f\na4,Four,in stock\n' });
    expect(await offered()).toEqual(['a1', 'a4']);
    const [report] = await run({ items: 'itemId,title,available\na1,One,perhaps\na4,Four,y\n' });
    expect(report.reasons).toMatchObject([{ column: 'available', values: [{ value: 'perhaps', count: 1 }] }]);
    expect(await offered()).toEqual(['a4']);
  });

  it('without some known items says so, and takes them off the lists with --prune', async () => {
    await run({ items: ITEMS });
    const next = `itemId,title,category\n${lines(6, (i) => `i${i},Title ${i},cat${i % 2}`)}`;
    const [kept] = await run({ items: next });
    expect(kept).toMatchObject({ missingItems: 3, unchanged: 6 });
    expect(kept.remarks).toEqual([
      { remark: expect.stringContaining('--prune makes them unavailable'), count: 3 },
    ]);
    expect(await offered()).toHaveLength(9);
    const keys = { prune: true };
    expect((await run({ items: next }, { keys, dryRun: true }))[0].missingItems).toBe(3);
    expect(await offered()).toHaveLength(9);
    const [pruned] = await run({ items: next }, { keys });
    expect(pruned).toMatchObject({ missingItems: 3 });
    expect(await offered()).toEqual(['i0', 'i1', 'i2', 'i3', 'i4', 'i5']);
    expect(await store.items.count()).toBe(9);
    await expect(run({ ratings: likes((i) => `i${i}`) }, { keys })).rejects.toThrow(
      '--prune needs the whole catalogue',
    );
  });

  it('with one id several times says which row counts', async () => {
    const reports = await run({ items: 'itemId,title\nd1,First\nd2,Other\nd1,Second\n d1 ,Third\n' });
    expect(reports[0]).toMatchObject({ read: 4, recorded: 2, equalRows: 2 });
    expect(reports[0].remarks).toEqual([{ remark: 'rows have the id "d1": line 5 counts', count: 3 }]);
    expect((await store.items.find('d1'))?.title).toBe('Third');
    expectNothingLost(reports);
  });
});

describe('what is said of files', () => {
  it('by numbers is for the file without a header line', async () => {
    const ratings = lines(30, (i) => `u${i}\ti${i % 9}\t${(i % 5) + 1}`);
    const keys = { map: 'userId=1,itemId=2,rating=3' };
    const reports = await run({ items: ITEMS, ratings }, { keys });
    expect(reports.map(({ recorded, problems }) => [recorded, problems])).toEqual([
      [9, []],
      [30, []],
    ]);
    expect(await store.items.find('i3')).toMatchObject({ title: 'Title 3' });
  });

  it('has to fit one of them', async () => {
    const keys = { map: 'userId=who' };
    await expect(run({ items: ITEMS }, { keys })).rejects.toThrow(
      '--map userId=who: no file has such a column',
    );
    await expect(run({ items: ITEMS }, { keys: { map: 'itemId=nothing' } })).rejects.toThrow(
      'no file has such',
    );
  });
});

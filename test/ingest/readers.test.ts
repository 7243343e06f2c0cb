import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { InvalidInputError, isTimeKnown } from '../../server/domain/index.js';
import {
  learnCategoryRule,
  parseMapping,
  planTable,
  readEvents,
  readItems,
  readRatings,
} from '../../server/ingest/index.js';
import { fileProblem } from '../../server/ingest/table-source.js';

import { readAll, temporaryFile, temporaryFolder } from './temporary-file.js';

const NOW = Date.UTC(2026, 0, 1);
const options = { now: NOW, pseudonymize: (rawId: string) => `p(${rawId.length})` };
const DAY = 86_400_000;

const ratings = (content: string | Buffer, name = 'ratings.csv') =>
  readAll(readRatings(temporaryFile(name, content), options));
/** The same on a scale that is said, as few ratings beside five stars leave a question. */
const ratingsOfStars = async (content: string | Buffer, name = 'ratings.csv') => {
  const path = temporaryFile(name, content);
  const mapping = await planTable(path, 'ratings', { given: parseMapping({ scale: '0.5..5' }), now: NOW });
  return readAll(readRatings(path, { ...options, mapping }));
};
const events = (content: string | Buffer, name = 'events.csv') =>
  readAll(readEvents(temporaryFile(name, content), options));
const items = (content: string | Buffer, name = 'items.csv') =>
  readAll(readItems(temporaryFile(name, content), { now: NOW }));

describe('a file as a whole', () => {
  const cases: [what: string, content: string | Buffer, message: RegExp][] = [
    ['an empty file', '', /is empty/],
    [
      'a file with wrong columns',
      'user,item,value\n1,2,3\n',
      /lacks the column "rating"; it has "user", "item", "value"\. .*--map rating=COLUMN/,
    ],
    [
      'a file without a known column',
      'who,what,grade\n1,2,3\n',
      /lacks the column "userId", "itemId", "rating"; none of its 3 columns has a known name/,
    ],
    [
      'a header that names a column twice',
      'userId,itemId,rating,rating\n',
      /names the column "rating" more than once/,
    ],
    [
      'a file without a header',
      '\nann,2,3\nbob,2,4\n',
      /has no header line: .* a row of 3 values\. .*--map userId=1,itemId=2,rating=3/,
    ],
    ['a header that is not UTF-8', Buffer.from([0x75, 0xc3, 0x28, 10]), /header line is not valid UTF-8/],
    ['a header with a stray quote', 'userId,item"Id,rating\n', /header line has a quote in the wrong place/],
    ['a file of one endless line', 'x'.repeat(3_000_000), /header line is longer than 1 MiB/],
  ];
  it.each(cases)('is refused with a clear message: %s', async (_what, content, message) => {
    await expect(ratings(content)).rejects.toThrow(message);
    await expect(ratings(content)).rejects.toBeInstanceOf(InvalidInputError);
  });

  it('is refused when it is missing or a directory', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub.csv'));
    await expect(readAll(readItems(join(folder, 'no.csv'), { now: NOW }))).rejects.toThrow(
      /There is no file .*no\.csv/,
    );
    await expect(readAll(readItems(join(folder, 'sub.csv'), { now: NOW }))).rejects.toThrow(/is a directory/);
    writeFileSync(join(folder, 'file'), 'x');
    await expect(readAll(readItems(join(folder, 'file', 'x.csv'), { now: NOW }))).rejects.toThrow(
      /There is no file/,
    );
  });

  it('is refused in plain words when it may not be read', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(fileProblem('/x.csv', denied).message).toBe('/x.csv cannot be opened; check its permissions.');
  });

  it('may hold a header and nothing else', async () => {
    expect((await ratings('userId,itemId,rating\n')).rows).toEqual([]);
  });

  it('may begin with a byte order mark and end its lines with CRLF', async () => {
    const { rows, rejects } = await ratings('\uFEFFuserId,itemId,rating\r\nu,i,5\r\n\r\nv,i,4.5\r\n');
    expect(rejects).toEqual([]);
    expect(rows.map((row) => row.value)).toEqual([5, 4.5]);
  });

  it('is taken for JSON lines by its name or its first character', async () => {
    const content =
      '{"userId":1,"itemId":"a","rating":5}\n\n{"rating":"2","itemId":"a","userId":"x","extra":null}\n';
    for (const name of ['ratings.jsonl', 'ratings.ndjson', 'ratings.txt', 'ratings']) {
      const { rows, rejects, last } = await ratings(content, name);
      expect(rejects).toEqual([]);
      expect(rows.map((row) => [row.type, row.itemId])).toEqual([
        ['like', 'a'],
        ['dislike', 'a'],
      ]);
      expect(last.ignoredColumns).toEqual(['extra']);
    }
    await expect(ratings('{"who":1,"itemId":"a","rating":5}\n', 'r.jsonl')).rejects.toThrow(
      /lacks the column "userId"/,
    );
    await expect(ratings('not json\n', 'r.jsonl')).rejects.toThrow(/no readable row/);
  });

  it('reports how far it has been read, batch by batch', async () => {
    const content = `userId,itemId,rating\n${'user-name,item-name,4\n'.repeat(12_000)}`;
    const { rows, last, progress } = await ratings(content);
    expect(rows).toHaveLength(12_000);
    expect(progress.length).toBeGreaterThan(2);
    expect(progress).toEqual(progress.slice().sort((a, b) => a - b));
    expect(last.bytesRead).toBe(content.length);
    expect(last.totalBytes).toBe(content.length);
  });
});

describe('a row that breaks a rule', () => {
  it('is rejected with its line, its column and the reason, and the others land', async () => {
    const bad = Buffer.concat([
      Buffer.from(
        'userId,itemId,rating\nann,i1,5\n,i2,4\nbob,,3\nbob,i3,six\nbob,i3,7\nbob,i3,0\nbob,i4\nbob,"i5,3\n',
      ),
      Buffer.from([0x62, 0xc3, 0x28, 0x2c, 0x69, 0x2c, 0x33, 10]),
      Buffer.from(`bob,"i\n6",3\n${'z'.repeat(2_000_000)},i,3\nbob,${'k'.repeat(300)},3\nann,i7,`),
    ]);
    const { rows, rejects } = await ratingsOfStars(bad);
    // A rating of 0 beside a scale that begins above it means "seen, not rated".
    expect(rows.map((row) => [row.itemId, row.type])).toEqual([
      ['i1', 'like'],
      ['i3', 'view'],
      ['i\n6', 'rating'],
    ]);
    expect(rejects.map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [3, 'userId', 'is empty'],
      [4, 'itemId', 'is empty'],
      [5, 'rating', 'is not a number'],
      [6, 'rating', 'is not between 0.5 and 5'],
      [8, null, 'the row has 2 fields where the header has 3'],
      [9, null, 'the line has a quote in the wrong place'],
      [10, null, 'the line is not valid UTF-8'],
      [13, null, 'the line is longer than 1 MiB'],
      [14, 'itemId', 'is longer than 256 characters'],
      [15, 'rating', 'is empty'],
    ]);
    expect(rejects[2].excerpt).toBe('six');
  });

  it('never shows the raw user id', async () => {
    const { rejects } = await ratings(
      `userId,itemId,rating\nsecret-id,i,secret-id\nsecret-id,i,the secret-id of ann\nsecret-id,i\n${'secret-id'.repeat(40)},i,3\n"secret-id",i"x,3\n`,
    );
    expect(rejects).toHaveLength(5);
    expect(JSON.stringify(rejects)).not.toContain('secret');
  });

  it('is rejected in JSON lines too', async () => {
    const { rows, rejects } = await ratingsOfStars(
      '{"userId":"u","itemId":"i","rating":5}\n{"userId":"u"\n[1]\n{"userId":null,"itemId":"i","rating":5}\n{"userId":"u","itemId":{"a":1},"rating":5}\n',
      'r.jsonl',
    );
    expect(rows).toHaveLength(1);
    expect(rejects.map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [2, null, 'the line is not valid JSON'],
      [3, null, 'the line is not a JSON object'],
      [4, 'userId', 'is empty'],
      [5, 'itemId', 'holds an object where a plain value is needed'],
    ]);
  });
});

describe('events', () => {
  const header = 'userId,type,itemId,timestamp,value,sessionId,position,listId,device,locale\n';

  it('carry all that the file says, under pseudonyms', async () => {
    const { rows } = await events(
      `${header}u,click,i,2025-06-01T12:00:00Z,30,sess-u,2,L,mobile,de\nu,search,x,1748779200,,,,,,\n`,
    );
    expect(rows[0]).toMatchObject({
      userId: 'p(1)',
      type: 'click',
      itemId: 'i',
      at: Date.UTC(2025, 5, 1, 12),
      value: 30,
      position: 2,
      listId: 'L',
      device: 'mobile',
      locale: 'de',
    });
    expect(rows[0].sessionId).not.toContain('sess');
    expect(rows[1]).toMatchObject({
      type: 'search',
      itemId: null,
      at: Date.UTC(2025, 5, 1, 12),
      value: null,
      sessionId: null,
    });
  });

  it('have an id that follows from what they say and from nothing else', async () => {
    const line = 'u,view,i,2025-06-01,3,s,1,L,,\n';
    const first = await events(header + line + line);
    const moved = await events(
      `timestamp,itemId,type,userId,value,sessionId\n\n2025-06-01T00:00Z,i,view,u,3.0,s\n`,
    );
    const ids = [...first.rows, ...moved.rows].map((row) => row.id);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[\w-]{22}$/);
    const others = await events(
      `${header}uu,view,i,2025-06-01,3,s,,,,\nu,click,i,2025-06-01,3,s,,,,\nu,view,j,2025-06-01,3,s,,,,\nu,view,i,2025-06-02,3,s,,,,\nu,view,i,2025-06-01,4,s,,,,\nu,view,i,2025-06-01,3,t,,,,\n`,
    );
    expect(new Set([ids[0], ...others.rows.map((row) => row.id)]).size).toBe(7);
  });

  it('may have times in any of the usual forms', async () => {
    const times: [string, number][] = [
      ['2025-06-01', Date.UTC(2025, 5, 1)],
      ['2025-06-01 10:20', Date.UTC(2025, 5, 1, 10, 20)],
      ['2025-06-01T10:20:30.5Z', Date.UTC(2025, 5, 1, 10, 20, 30, 500)],
      ['2025-06-01T10:20:30+02:30', Date.UTC(2025, 5, 1, 7, 50, 30)],
      ['1748773230', 1748773230000],
      ['1748773230123', 1748773230123],
      ['1748773230.25', 1748773230250],
      ['2026-01-01T23:59:59Z', NOW + DAY - 1000],
    ];
    const { rows, rejects } = await events(
      header + times.map(([time]) => `u,view,i,${time},,,,,,`).join('\n'),
    );
    expect(rejects).toEqual([]);
    expect(rows.map((row) => row.at)).toEqual(times.map(([, at]) => at));
  });

  it.each([
    ['9999-12-31T00:00:00Z', 'is more than a day in the future'],
    ['253402214400', 'is more than a day in the future'],
    ['2026-01-02T00:00:01Z', 'is more than a day in the future'],
    ['1969-12-31T23:59:59Z', 'is before 1970'],
    ['-5', 'is before 1970'],
    ['2025-02-30', 'is not a time (ISO 8601, or seconds or milliseconds since 1970)'],
    ['2025-06-01T25:00', 'is not a time (ISO 8601, or seconds or milliseconds since 1970)'],
    ['yesterday', 'is not a time (ISO 8601, or seconds or milliseconds since 1970)'],
    ['', 'is empty'],
  ])('are rejected at the time "%s"', async (time, reason) => {
    const { rows, rejects } = await events(`${header}u,view,i,${time},,,,,,\n`);
    expect(rows).toEqual([]);
    expect(rejects).toEqual([{ line: 2, column: 'timestamp', reason, excerpt: time }]);
  });

  it.each([
    ['u,stare,i,2025-06-01,,,,,,', 'type'],
    ['u,retract,i,2025-06-01,,,,,,', 'type'],
    ['u,view,,2025-06-01,,,,,,', 'itemId'],
    ['u,view,i,2025-06-01,-1,,,,,', 'value'],
    ['u,view,i,2025-06-01,NaN,,,,,', 'value'],
    ['u,view,i,2025-06-01,1e400,,,,,', 'value'],
    ['u,view,i,2025-06-01,,,1.5,,,', 'position'],
  ])('are rejected as in %s', async (line, column) => {
    const { rows, rejects } = await events(`${header}${line}\n`);
    expect(rows).toEqual([]);
    expect(rejects[0].column).toBe(column);
  });
});

describe('ratings', () => {
  it('become likes, dislikes and ratings in between by the thresholds', async () => {
    const path = temporaryFile('r.csv', 'userId,itemId,rating\nu,a,5\nu,b,4\nu,c,3.5\nu,d,2\nu,e,0.5\n');
    const types = async (thresholds: object) =>
      (await readAll(readRatings(path, { ...options, ...thresholds }))).rows.map((row) => row.type);
    expect(await types({})).toEqual(['like', 'like', 'rating', 'dislike', 'dislike']);
    expect(await types({ likeAt: 5, dislikeAt: 1 })).toEqual([
      'like',
      'rating',
      'rating',
      'rating',
      'dislike',
    ]);
    expect(() => readRatings(path, { ...options, likeAt: 2, dislikeAt: 2 })).toThrow(/overlap/);
  });

  it('without a time keep the order of the file and an id that does not depend on it', async () => {
    const { rows } = await ratings('userId,itemId,rating\nu,a,5\nu,b,1\nu,a,1\n');
    const moved = await ratings('userId,itemId,rating,timestamp\nx,y,3,\nu,b,1,\nu,a,5,\n');
    expect(rows.map((row) => row.at)).toEqual([2, 3, 4]);
    expect(rows.some((row) => isTimeKnown(row.at))).toBe(false);
    expect(moved.rows[2].id).toBe(rows[0].id);
    expect(moved.rows[1].id).toBe(rows[1].id);
    expect(rows[2].id).not.toBe(rows[0].id);
  });

  it('with a time carry it', async () => {
    const { rows } = await ratings('userId,itemId,rating,timestamp\nu,a,5,2025-06-01\n');
    expect(rows[0].at).toBe(Date.UTC(2025, 5, 1));
  });
});

describe('items', () => {
  it('take every further column as an attribute', async () => {
    const { rows } = await items(
      'itemId,title,tags,year,authors,zip,category,available\n1,"A, B",x|y| x|,2008,"Ann; Bob",007,Books,\n2,C,,,,,,no\n',
    );
    expect(rows).toEqual([
      {
        itemId: '1',
        title: 'A, B',
        category: 'Books',
        tags: ['x', 'y'],
        attributes: { year: 2008, authors: 'Ann; Bob', zip: '007' },
        locale: null,
        createdAt: 0,
        isAvailable: true,
      },
      expect.objectContaining({ itemId: '2', category: '', tags: [], attributes: {}, isAvailable: false }),
    ]);
  });

  it('without a category get the most widespread tag that is not everywhere', async () => {
    const tags = ['all|b|a', 'all|a', 'all|b', ...Array.from({ length: 8 }, () => 'all'), ''];
    const path = temporaryFile(
      'items.csv',
      `itemId,title,tags,category\n${tags.map((t, i) => `${i},T,${t},${i === 1 ? 'own' : ''}`).join('\n')}\n`,
    );
    const categoryRule = await learnCategoryRule(path, { now: NOW });
    const { rows } = await readAll(readItems(path, { now: NOW, categoryRule }));
    expect(rows.map((row) => row.category).slice(0, 4)).toEqual(['a', 'own', 'b', '']);
  });

  it('of the goodbooks sample are read whole, each with a category', async () => {
    const folder = new URL('../support/goodbooks-sample/', import.meta.url).pathname;
    const categoryRule = await learnCategoryRule(`${folder}items.csv`, { now: NOW });
    const read = await readAll(readItems(`${folder}items.csv`, { now: NOW, categoryRule }));
    const rated = await readAll(readRatings(`${folder}ratings.csv`, options));
    expect(read.rejects).toEqual([]);
    expect(read.rows).toHaveLength(500);
    expect(read.rows.filter((row) => row.category === '').length).toBeLessThan(25);
    expect(new Set(read.rows.map((row) => row.category)).size).toBeGreaterThan(5);
    expect(rated.rejects).toEqual([]);
    expect(rated.rows).toHaveLength(11_911);
  });
});

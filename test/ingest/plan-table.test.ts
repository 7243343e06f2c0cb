/** What a table is found to be: packing, encoding, format, header line, columns. */

import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import {
  describeMapping,
  parseMapping,
  planTable,
  previewTable,
  readIds,
  readRatings,
} from '../../server/ingest/index.js';
import type { TableKind } from '../../server/ingest/column-names.js';

import { readAll, temporaryFile } from './temporary-file.js';

const NOW = Date.UTC(2026, 0, 1);
const ROWS = Array.from({ length: 30 }, (_, row) => [
  'reader' + row,
  'b' + (row % 7),
  (row % 5) + 1,
  1_700_000_000 + row,
]);
const HEADER = ['userId', 'itemId', 'rating', 'timestamp'];
const table = (mark: string, header: readonly string[] | null = HEADER) =>
  [...(header === null ? [] : [header]), ...ROWS].map((row) => `${row.join(mark)}\n`).join('');

const plan = (
  content: string | Buffer,
  name = 'r.csv',
  kind: TableKind = 'ratings',
  keys: Record<string, unknown> = {},
) => planTable(temporaryFile(name, content), kind, { given: parseMapping(keys), now: NOW });

describe('a table of ratings', () => {
  const text = table(',');
  const FORMS: [what: string, content: string | Buffer, name: string, said: string][] = [
    ['commas', text, 'r.csv', 'CSV with commas'],
    ['semicolons', table(';'), 'r.csv', 'CSV with semicolons'],
    ['tabs', table('\t'), 'r.tsv', 'CSV with tabs'],
    ['pipes', table('|'), 'r.csv', 'CSV with pipes'],
    ['double colons', table('::'), 'r.dat', 'CSV with "::"'],
    ['a sep line', `sep=;\n${table(';')}`, 'r.csv', 'CSV with semicolons'],
    ['blank lines first', `\n\n${text}`, 'r.csv', 'CSV with commas'],
    ['a comma at every end', text.replaceAll('\n', ',\n'), 'r.csv', 'CSV with commas'],
    ['a comma behind the rows', text.replaceAll(/(\d)\n/g, '$1,\n'), 'r.csv', 'CSV with commas'],
    ['blanks behind commas', text.replaceAll(',', ', '), 'r.csv', 'CSV with commas'],
    [
      'quotes and blanks',
      text.replaceAll(/[^,\n]+/g, '"$&"').replaceAll(',', ', '),
      'r.csv',
      'CSV with commas',
    ],
    ['carriage returns', text.replaceAll('\n', '\r'), 'r.csv', 'CSV with commas'],
    ['a byte order mark', `\uFEFF${text}`, 'r.csv', 'CSV with commas'],
    ['gzip', gzipSync(text), 'r.csv.gz', 'CSV with commas, gzip'],
    ['UTF-16', Buffer.from(`\uFEFF${text}`, 'utf16le'), 'r.csv', 'CSV with commas, utf-16le'],
    [
      'JSON lines',
      ROWS.map(
        ([userId, itemId, rating, timestamp]) => JSON.stringify({ userId, itemId, rating, timestamp }) + '\n',
      ).join(''),
      'r.jsonl',
      'JSONL',
    ],
    [
      'a JSON array',
      JSON.stringify(
        ROWS.map(([userId, itemId, rating, timestamp]) => ({ userId, itemId, rating, timestamp })),
        null,
        2,
      ),
      'r.json',
      'JSON',
    ],
  ];
  it.each(FORMS)('is read whole: %s', async (_what, content, name, said) => {
    const mapping = await plan(content, name);
    expect(describeMapping(mapping)[0]).toBe(`took userId, itemId, rating, timestamp (${said})`);
    const { rows, rejects } = await readAll(
      readRatings(temporaryFile(name, content), { now: NOW, pseudonymize: (id) => id, mapping }),
    );
    expect(rejects).toEqual([]);
    expect(rows.map(({ userId, itemId, at }) => [userId, itemId, at / 1_000])).toEqual(
      ROWS.map(([userId, itemId, , timestamp]) => [userId, itemId, timestamp]),
    );
  });

  it.each([
    [['UserID', 'ItemID', 'Rating', 'Timestamp']],
    [['user_id', 'movie_id', 'stars', 'ts']],
    [['reviewerID', 'asin', 'overall', 'unixReviewTime']],
    [['Customer Id', 'SKU', 'SCORE', 'created_at']],
  ])('has its columns under many names: %s', async (header) => {
    const { columns } = await plan(table(',', header));
    expect([...columns.values()].flat()).toEqual(header);
  });

  it('without a header line never shows its first row, and is read by numbers', async () => {
    const content = table('\t', null);
    for (const keys of [{}, { map: 'userId=1' }]) {
      const error = await plan(content, 'u.data', 'ratings', keys).catch((reason: unknown) => reason);
      expect((error as Error).message).toMatch(
        /has no header line: .*--map userId=1,itemId=2,rating=3,timestamp=4\.$/,
      );
      expect((error as Error).message).not.toContain('reader0');
    }
    const mapping = await plan(content, 'u.data', 'ratings', {
      map: 'userId=1,itemId=2,rating=3,timestamp=4',
    });
    expect(mapping.hasHeader).toBe(false);
    const { rows } = await readAll(
      readRatings(temporaryFile('u.data', content), { now: NOW, pseudonymize: (id) => id, mapping }),
    );
    expect(rows).toHaveLength(30);
  });

  it('may be mapped by hand', async () => {
    const odd = table(',', ['who', 'what', 'grade', 'timestamp']);
    await expect(plan(odd)).rejects.toThrow(
      'lacks the column "userId", "itemId", "rating"; it has "who", "what"',
    );
    const map = 'userId=who,itemId=what,rating=grade';
    expect((await plan(odd, 'r.csv', 'ratings', { map })).columns.get('rating')).toEqual(['grade']);
    expect((await plan(odd, 'r.csv', 'ratings', { map: `${map},timestamp=` })).columns.has('timestamp')).toBe(
      false,
    );
    expect((await plan(table('~'), 'r.csv', 'ratings', { delimiter: '~' })).format).toMatchObject({
      delimiter: '~',
    });
  });

  it('is refused with the cause where it is no text, or no JSON', async () => {
    for (const [content, name, message] of [
      [Buffer.from('504b030414000000', 'hex'), 'r.xlsx', /a ZIP archive or an Excel workbook/],
      [Buffer.from('PAR1xxxx'), 'r.parquet', /a Parquet file/],
      [gzipSync(text).subarray(0, 60), 'r.csv.gz', /a damaged or incomplete gzip file/],
      ["{'userId': 'a', 'rating': 5}\n", 'r.json', /line 1, is a Python literal .* json\.dumps/],
      ["[{u'userId': 'a'}]", 'r.json', /line 1, is a Python literal/],
    ] as const)
      await expect(plan(content, name), name).rejects.toThrow(message);
  });

  it('is asked for the order of its dates only where no day after the 12th tells it', async () => {
    const dated = (dates: readonly string[]) =>
      [HEADER, ...dates.map((date, row) => ['reader' + row, 'b' + row, 4, date])].join('\n');
    const told = await plan(dated(['01.10.2019', '13.10.2019']));
    expect(told.dateOrder).toBe('day-first');
    expect(describeMapping(told)).toContain('dates begin with the day');
    expect((await plan(dated(['01.10.2019', '02.10.2019']))).dateOrder).toBeNull();
    const said = await plan(dated(['01.10.2019']), 'r.csv', 'ratings', { dates: 'month-first' });
    expect(said.dateOrder).toBe('month-first');
    expect(() => parseMapping({ dates: 'us' })).toThrow('day-first or month-first');
  });

  it('without a header line is no header where one of its words is a name of columns', async () => {
    await expect(plan('ann17,item,4,1700000000\nbob18,b2,3,1700000001\n')).rejects.toThrow(
      /has no header line/,
    );
  });

  it('of one column is asked what separates them, and objects are named', async () => {
    for (const text of [table('~'), `# exported today\n${table(',')}`])
      await expect(plan(text)).rejects.toThrow(/has no comma, .* with --delimiter, and remove lines above/);
    const nested = JSON.stringify({ data: [{ userId: 'u', itemId: 'i', rating: 5 }] });
    await expect(plan(nested, 'r.json')).rejects.toThrow(
      /the columns "data" contain objects, which are not read/,
    );
  });

  it('that is turned on its side shows the ids of no users', async () => {
    const users = ['ann@example.org', 'u1', 'u2', 'u3'];
    const message = await plan(
      [
        ['itemId', 'title', ...users],
        ['b1', 'One', 5, 4, 3, 1],
      ].join('\n'),
    ).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(message).toContain('it has "itemId", "title", "4 that look like ids"');
    for (const user of users) expect(message).not.toContain(`"${user}"`);
  });

  it('whose times would be in the 1970s is refused with the reason', async () => {
    const early = `userId,itemId,rating,timestamp\n${'u,i,4,1001\n'.repeat(20)}`;
    await expect(plan(early)).rejects.toThrow(/column "timestamp" would be in the 1970s.*--map timestamp=/);
    expect((await plan(early, 'r.csv', 'ratings', { map: 'timestamp=' })).timeForm).toBeNull();
    const days = `userId,itemId,rating,timestamp\n${'u,i,4,43741.5\n'.repeat(20)}`;
    expect((await plan(days)).timeForm).toBe('spreadsheet day numbers');
  });
});

describe('a table of items', () => {
  it('of JSON has the columns of all its rows, and leaves out those with objects', async () => {
    const rows = [
      { itemId: 'a' },
      { itemId: 'b', title: 'B', hours: { mon: '9' }, shelves: [{ name: 'x' }] },
    ];
    const mapping = await plan(rows.map((row) => JSON.stringify(row)).join('\n'), 'i.jsonl', 'items');
    expect([...mapping.columns.keys()]).toEqual(['itemId', 'title']);
    expect(mapping.nested).toEqual(['hours', 'shelves']);
  });

  it('reads all columns that speak of availability', async () => {
    const { columns } = await plan('itemId,isAvailable,in_stock,title\na,1,2,x\n', 'i.csv', 'items');
    expect(columns.get('available')).toEqual(['isAvailable', 'in_stock']);
  });

  it('with user ids but no titles is not a catalogue', async () => {
    await expect(plan(table(','), 'r.csv', 'items')).rejects.toThrow('it is not a catalogue');
  });
});

describe('a preview', () => {
  const preview = (content: string, kind: TableKind, keys: Record<string, unknown> = {}) =>
    previewTable(temporaryFile('f.csv', content), kind, { given: parseMapping(keys), now: NOW });

  it('shows the first rows beside the mapping, and nothing that may name a person', async () => {
    const content =
      ['userId', 'itemId', 'rating', 'timestamp', 'mail'].join(';') +
      '\n' +
      ROWS.map((row) => `${row.join(';')};${row[0]}@example.org`).join('\n');
    const found = await preview(content, 'ratings');
    expect(JSON.stringify(found)).not.toContain('reader');
    expect(found).toMatchObject({ format: 'CSV with semicolons', hasHeader: true, question: null });
    expect(
      found.columns.map(({ name, field, isShown, cells }) => [name, field, isShown, cells[0], cells.length]),
    ).toEqual([
      ['userId', 'userId', false, 'text', 20],
      ['itemId', 'itemId', true, 'b0', 20],
      ['rating', 'rating', true, '1', 20],
      ['timestamp', 'timestamp', true, '1700000000', 20],
      ['mail', null, false, 'text', 20],
    ]);
  });

  it('carries the question that an import would stop at', async () => {
    const found = await preview(table(',', null), 'ratings');
    expect(found.question).toMatch(/has no header line/);
    expect(JSON.stringify(found)).not.toContain('reader');
    expect(found.columns.map(({ name }) => name)).toEqual(['1', '2', '3', '4']);
    expect((await preview('itemId,title\na,A\n', 'items')).columns[1].cells).toEqual(['A']);
  });

  it('says what a question is about, and how ratings are read where there is none', async () => {
    const few = 'userId;itemId;rating\nanna;a;1\nben;b;1\n';
    expect(await preview(few, 'ratings')).toMatchObject({
      delimiter: ';',
      questionField: 'scale',
      rule: null,
      nChecked: 0,
    });
    expect(await preview(few, 'ratings', { scale: '0..1' })).toMatchObject({
      questionField: null,
      rule: { least: 0, most: 1, likeAt: 0.75, dislikeAt: 0.25, origin: 'given' },
      nChecked: 2,
    });
  });

  it('lists the words for types and the rows that would be refused, without naming anybody', async () => {
    const at = '2024-03-01T10:00:00Z';
    const rows = [
      ['anna', 'addtocart', 'a'],
      ['anna', 'sniff', 'a'],
      ['ben', 'sniff', 'b'],
    ].map((row) => [...row, at].join(','));
    const content = ['visitorid,event,itemid,timestamp', ...rows].join('\n');
    const found = await preview(content, 'events');
    expect(found.types).toEqual([
      { word: 'sniff', meaning: null, count: 2 },
      { word: 'addtocart', meaning: 'cart', count: 1 },
    ]);
    expect(found.nChecked).toBe(3);
    expect(found.rejects.map(({ line, column }) => [line, column])).toEqual([
      [3, 'type'],
      [4, 'type'],
    ]);
    expect(JSON.stringify(found)).not.toContain('anna');
    const mapped = await preview(content, 'events', { type: { sniff: 'ignore' } });
    expect([mapped.types[0].meaning, mapped.nChecked, mapped.rejects]).toEqual(['ignore', 3, []]);
  });

  it.each([
    ['CSV', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ])('of the beginning of a %s file takes its whole rows alone', async (_, pack) => {
    const rows = Array.from(
      { length: 5_000 },
      (_row, i) => `u${(i * 7919) % 5000},b${(i * 104_729) % 9973},${1 + (i % 5)}`,
    );
    const whole = pack(Buffer.from(`userId,itemId,rating\n${rows.join('\n')}\n`));
    const part = whole.subarray(0, Math.floor(whole.length / 2) + 3);
    const source = {
      name: 'r.csv',
      totalBytes: part.length,
      isBeginning: true,
      async *open() {
        yield part;
      },
    };
    const found = await previewTable(source, 'ratings', { now: NOW });
    expect(found).toMatchObject({ question: null, rejects: [] });
    expect(found.nChecked).toBeGreaterThan(1_000);
    expect(found.nChecked).toBeLessThan(4_000);
  });

  it('takes the column that is given letter by letter before one in another case', async () => {
    const content = 'itemId,Title,title\na,First,Second\n';
    const found = await preview(content, 'items', { map: { title: 'title' } });
    expect(found.columns.map(({ field }) => field)).toEqual(['itemId', null, 'title']);
  });
});

describe('a list of users', () => {
  it.each([
    ['userId\nu0\nu1\n', 'users.csv'],
    ['UserID\nu0\nu1\nu0\n', 'users.csv'],
    ['customer_id,age\nu0,31\nu1,44\n', 'users.csv'],
    ['age,user_id\n31,u0\n44,u1\n', 'users.csv'],
    ['userId;age\nu0;31\nu1;44\n', 'users.csv'],
    ['{"userId":"u0"}\n{"userId":"u1"}\n', 'users.jsonl'],
    ['u0\nu1\n', 'users.txt'],
  ])('is read without its header line: %j', async (content, name) => {
    expect((await readIds(temporaryFile(name, content), 'users', { now: NOW })).ids).toEqual(['u0', 'u1']);
  });

  it('is asked about where no column is known', async () => {
    const path = temporaryFile('users.csv', 'shopper,age\nu0,31\nu1,44\n');
    await expect(readIds(path, 'users', { now: NOW })).rejects.toThrow('--column COLUMN');
    expect((await readIds(path, 'users', { now: NOW, column: 'shopper' })).ids).toEqual(['u0', 'u1']);
  });
});

describe('what a person says about a file', () => {
  it('is the same in flags, lists and objects', () => {
    const flags = parseMapping({
      map: 'userId=who,timestamp=',
      type: ['play=view', 'stop=ignore'],
      'like-at': '7',
    });
    const keys = parseMapping({
      map: { userId: 'who', timestamp: '' },
      type: { play: 'view', stop: 'ignore' },
      'like-at': 7,
    });
    expect(keys).toEqual(flags);
    expect(parseMapping({ type: 'purchase' }).everyType).toBe('purchase');
    expect(parseMapping({ delimiter: 'tab' }).delimiter).toBe('\t');
  });

  it.each([
    [{ maps: 'a=b' }, /"maps" is not a mapping key/],
    [{ map: 'person=who' }, /"person" is not a field/],
    [{ map: 'userId' }, /names no column/],
    [{ map: '__proto__=x' }, /is not a field/],
    [{ type: 'play=watch' }, /is not an event type/],
    [{ delimiter: 'and' }, /The delimiter must be/],
    [{ 'like-at': 'abc' }, /--like-at needs a number, not "abc"/],
    [{ prune: 'perhaps' }, /true or false/],
    [{ scale: '5' }, /like 1\.\.10/],
  ])('is checked: %j', (keys, message) => {
    expect(() => parseMapping(keys)).toThrow(message);
  });
});

describe('a table that is too wide or too deep', () => {
  const names = Array.from({ length: 32_000 }, (_, column) => `c${column}`);
  it.each([
    ['a CSV of 32,000 columns', `itemId,title,${names.join()}\n1,x,${names.join()}\n`, 'i.csv'],
    [
      'JSON lines of 32,000 names',
      `${JSON.stringify(Object.fromEntries(names.map((one) => [one, 1])))}\n`,
      'i.jsonl',
    ],
  ])('is refused with a sentence: %s', async (_what, content, name) => {
    await expect(plan(content, name, 'items')).rejects.toThrow(/has 3\d,?\d+ columns; a table may have 2000/);
  });

  it('costs one row where one value is a list 100,000 deep', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const rows = [0, 1, 2].map((row) => JSON.stringify({ userId: `u${row}`, itemId: 'b', rating: 5 }));
    const path = temporaryFile(
      'deep.jsonl',
      `${rows.join('\n')}\n{"userId":"u9","itemId":"b","rating":${deep}}\n`,
    );
    const { rows: read, rejects } = await readAll(
      readRatings(path, {
        pseudonymize: (rawId) => rawId,
        now: NOW,
        mapping: await planTable(path, 'ratings', { given: parseMapping({}), now: NOW }),
      }),
    );
    expect([read.length, rejects.length]).toEqual([3, 1]);
  });
});

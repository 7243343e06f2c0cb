import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import type { NumericTableOptions } from '../../server/ingest/index.js';
import { readPlainTable, toNumericTable } from '../../server/ingest/index.js';
import { createRandom } from '../../server/learning/index.js';
import { temporaryFile } from './temporary-file.js';

const read = (content: string | Buffer, name = 'table.csv') => readPlainTable(temporaryFile(name, content));
const take = async (content: string | Buffer, options: Partial<NumericTableOptions> = {}) =>
  toNumericTable(await read(content), { columns: null, blanks: 'median', ...options });

/** A CSV of `n` rows. */
const csv = (header: string, n: number, row: (i: number) => string) =>
  [header, ...Array.from({ length: n }, (_, i) => row(i))].join('\n');

describe('reading a table of any content', () => {
  const plain = 'size,weight\n1.5,10\n2.5,20\n4.5,30\n';
  it.each([
    ['commas', plain, 'CSV with commas'],
    ['semicolons and decimal commas', plain.replaceAll(',', ';').replaceAll('.', ','), 'semicolons'],
    ['tabs', plain.replaceAll(',', '\t'), 'tabs'],
    ['UTF-16', Buffer.from(`\uFEFF${plain}`, 'utf16le'), 'utf-16le'],
    ['gzip', gzipSync(plain), 'gzip'],
    [
      'row names of R',
      '"size" "weight"\n'.replace(' ', ',') + '"1",1.5,10\n"2",2.5,20\n"3",4.5,30\n',
      'commas',
    ],
    ['JSON lines', '{"size":1.5,"weight":10}\n{"size":2.5,"weight":20}\n{"size":4.5,"weight":30}', 'JSONL'],
  ])('reads the same numbers from %s', async (_, content, description) => {
    const table = await read(content);
    expect(table.description).toContain(description);
    expect(table.hasHeader).toBe(true);
    const { values } = toNumericTable(table, { columns: ['size', 'weight'], blanks: 'median' });
    expect([...values]).toEqual([1.5, 10, 2.5, 20, 4.5, 30]);
  });

  it('reads a header in latin-1', async () => {
    const table = await read(Buffer.from('\xe2ge,taille\n1.5,2.5\n3.5,4.5\n', 'latin1'));
    expect(table.header).toEqual(['âge', 'taille']);
    expect(table.description).toContain('windows-1252');
  });

  it('takes a first line of values for a row, and numbers the columns', async () => {
    const table = await read('1.5,red\n2.5,blue\n3.5,red\n');
    expect(table).toMatchObject({ hasHeader: false, header: ['column 1', 'column 2'] });
    expect(table.rows.map(({ row, line }) => [row, line])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(toNumericTable(table, { columns: ['1'], blanks: 'median' }).names).toEqual(['column 1']);
    expect((await read('id,2019,2020\n7,1,2\n8,3,4\n')).hasHeader).toBe(true);
  });

  it('tells decimal commas from delimiters without a header line', async () => {
    const table = await read('0,5;1,25;3,5\n0,75;2,25;4,5\n');
    expect(table).toMatchObject({ description: 'CSV with semicolons', hasHeader: false });
    const { values } = toNumericTable(table, { columns: null, blanks: 'median' });
    expect([...values]).toEqual([0.5, 1.25, 3.5, 0.75, 2.25, 4.5]);
  });

  it('refuses a header that repeats a name, and leaves out rows of another width with their lines', async () => {
    await expect(read('a,a,c\n1,2,3\n')).rejects.toThrow(/names the column "a" more than once/);
    const { rows, refused } = await read('a,b\n1,2\n\n3\n4,5\n');
    expect(rows.map(({ line }) => line)).toEqual([2, 5]);
    expect(refused).toEqual([{ line: 4, reason: 'the row has 1 fields where the header has 2' }]);
  });
});

describe('the columns distances can be measured in', () => {
  const random = createRandom(3);
  const shuffled = random.shuffle(Array.from({ length: 60 }, (_, i) => i + 1));

  it.each([
    ['numbers from 1 on', 'customer', (i: number) => i + 1],
    ['shuffled numbers', 'customer', (i: number) => shuffled[i]],
    ['ascending numbers with gaps', 'customer', (i: number) => 10_000 + 917 * i],
    ['codes with leading zeros', 'zip', (i: number) => `0${1000 + (i % 7)}`],
    ['an id by its name', 'storeId', (i: number) => i % 5],
    ['an id in capitals', 'CustomerID', (i: number) => shuffled[i] * 100_003],
  ])('leave out %s, and keep it as a key', async (_, name, value) => {
    const table = csv(`${name},spend,visits`, 60, (i) => `${value(i)},${i % 9}.5,${i % 4}`);
    const taken = await take(table);
    expect(taken.names).toEqual(['spend', 'visits']);
    expect(taken.identifiers).toEqual([name]);
    expect(taken.keys).toEqual([0]);
    expect((await take(table, { columns: [name, 'visits'] })).names).toEqual([name, 'visits']);
  });

  it('use whole numbers that differ by chance, and name them', async () => {
    const incomes = Array.from({ length: 40 }, () => 20_000 + random.int(90_000));
    const taken = await take(csv('income,visits', 40, (i) => `${incomes[i]},${i % 4}`));
    expect(taken).toMatchObject({ names: ['income', 'visits'], identifiers: [], suspects: ['income'] });
    expect(taken.values).toHaveLength(80);
  });

  it('use small tables as they are', async () => {
    expect((await take('a,b\n1,2\n3,4\n100,200')).names).toEqual(['a', 'b']);
  });

  it('leave out texts, texts with a few numbers, and columns that are mostly blank', async () => {
    const taken = await take(
      csv(
        'city,note,rare,spend',
        60,
        (i) => `c${i % 3},${i === 7 ? 5 : 'ok'},${i < 20 ? i % 3 : ''},${i % 7}.5`,
      ),
    );
    expect(taken).toMatchObject({ names: ['spend'], text: ['city', 'note'], blank: ['rare'] });
  });

  it('take two words of yes and no for 1 and 0', async () => {
    const taken = await take('a,b,c\nTRUE,yes,true\nFALSE,no,true\nNA,yes,true\n');
    expect(taken).toMatchObject({ names: ['a', 'b'], text: ['c'] });
    expect([...taken.values]).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('say what to do where no column is left', async () => {
    await expect(take(csv('id', 20, String))).rejects.toThrow(/id.*--columns/);
    await expect(take('name,city\na,b\nc,d\n')).rejects.toThrow(/has no numeric column\.$/);
    await expect(take('a,b\n1,2\n', { columns: ['sales'] })).rejects.toThrow(/no column sales; it has a, b/);
  });
});

describe('blank cells', () => {
  it.each(['', 'NA', 'NaN', 'N/A', 'null', '?', '-', 'Infinity', '-inf', '#N/A', '\\N'])(
    'of the kind "%s" are counted, and take the median or cost their row',
    async (blank) => {
      const table = `a,b\n1.5,1\n${blank},1\n2.5,2\n9.5,2\n`;
      const filled = await take(table);
      expect([...filled.values]).toEqual([1.5, 1, 2.5, 1, 2.5, 2, 9.5, 2]);
      expect(filled.blankCells).toEqual([{ name: 'a', count: 1 }]);
      const dropped = await take(table, { blanks: 'drop' });
      expect([...dropped.values]).toEqual([1.5, 1, 2.5, 2, 9.5, 2]);
      expect(dropped.nDropped).toBe(1);
      expect(dropped.rows.map(({ row }) => row)).toEqual([1, 3, 4]);
    },
  );

  it('are no excuse for a text among numbers: its line and column are named', async () => {
    const table = 'a,b\n1.5,1\n\n2.5,1\nmany,2\n';
    await expect(take(table)).rejects.toThrow(/line 5: "many" in column a/);
  });
});

describe('numbers', () => {
  it('may have marks of thousands, currency and per cent signs', async () => {
    const taken = await take('a,b\n"$1,200.50",12 %\n"$900.00",7 %\n');
    expect([...taken.values]).toEqual([1200.5, 12, 900, 7]);
    const german = await take('a;b\n1.200,50;12,5\n900,25;7,5\n');
    expect([...german.values]).toEqual([1200.5, 12.5, 900.25, 7.5]);
  });

  it('makes a named column of words a column for each word, with the most frequent for blanks', async () => {
    const content = 'size,plan\n1.5,free\n2.5,pro\n3.5,free\n4.5,\n';
    expect(await take(content)).toMatchObject({ names: ['size'], text: ['plan'] });
    const table = await take(content, { columns: ['size', 'plan'] });
    expect(table.names).toEqual(['size', 'plan=free', 'plan=pro']);
    expect([...table.values]).toEqual([1.5, 1, 0, 2.5, 0, 1, 3.5, 1, 0, 4.5, 1, 0]);
    expect(table.blankCells).toEqual([{ name: 'plan', count: 1 }]);
    expect((await take(content, { columns: ['size', 'plan'], blanks: 'drop' })).nDropped).toBe(1);
    const texts = csv('size,remark', 30, (i) => `${i / 2},remark ${i}`);
    await expect(take(texts, { columns: ['size', 'remark'] })).rejects.toThrow(/line 2: "remark 0"/);
  });
});

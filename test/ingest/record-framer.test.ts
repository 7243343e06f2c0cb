import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';

import { splitCsvRecord } from '../../server/ingest/csv-fields.js';
import { MAX_RECORD_BYTES, RecordFramer } from '../../server/ingest/record-framer.js';
import type { Frame } from '../../server/ingest/record-framer.js';
import { createRandom } from '../../server/learning/index.js';

function frame(data: string | Buffer, chunkBytes = 1 << 20, hasQuotes = true): Frame[] {
  const bytes = Buffer.from(data);
  const framer = new RecordFramer({ hasQuotes });
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    frames.push(...framer.push(bytes.subarray(at, at + chunkBytes)));
  return [...frames, ...framer.end()];
}

const texts = (frames: Frame[]) => frames.map(({ text }) => text);

describe('the record framer', () => {
  it('cuts the same records whatever the chunks', () => {
    const data = '\uFEFFa,b\r\n1,"x\ny"\n\n2,"q ""z"", w"\r\n3,é\n4,last';
    const whole = frame(data);
    expect(texts(whole)).toEqual(['a,b', '1,"x\ny"', '', '2,"q ""z"", w"', '3,é', '4,last']);
    expect(whole.map(({ line }) => line)).toEqual([1, 2, 4, 5, 6, 7]);
    for (const size of [1, 2, 3, 7, 11]) expect(frame(data, size)).toEqual(whole);
  });

  it('agrees with a CSV library on random tables', () => {
    const random = createRandom(3);
    const pieces = ['a', '"', ',', '\n', ' ', 'é', '\r\n', '""', 'word'];
    for (let round = 0; round < 100; round++) {
      const table = Array.from({ length: 6 }, () =>
        Array.from({ length: 3 }, () =>
          Array.from({ length: random.int(5) }, () => pieces[random.int(pieces.length)]).join(''),
        ),
      );
      const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
      const text = table.map((row) => row.map(quoted).join(',')).join('\n');
      expect(parse(text)).toEqual(table);
      expect(frame(text, 5).map((record) => splitCsvRecord(record.text!))).toEqual(table);
    }
  });

  it('never holds more than a record may be long, and reads on after a line of 50 MB', () => {
    const framer = new RecordFramer({ hasQuotes: true });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const frames = framer.push(Buffer.from('a,b\n'));
    let most = 0;
    for (let i = 0; i < 200; i++) {
      frames.push(...framer.push(chunk));
      most = Math.max(most, framer.keptBytes);
    }
    frames.push(...framer.push(Buffer.from('\n1,2\n')), ...framer.end());
    expect(most).toBeLessThanOrEqual(MAX_RECORD_BYTES);
    expect(frames).toEqual([
      { line: 1, text: 'a,b', problem: null },
      { line: 2, text: null, problem: 'is longer than 1 MiB' },
      { line: 3, text: '1,2', problem: null },
    ]);
  });

  it('never holds more than a record may be long behind a quote that stays open', () => {
    const framer = new RecordFramer({ hasQuotes: true });
    const frames = framer.push(Buffer.from('1,"open\n'));
    let most = 0;
    for (let i = 0; i < 400; i++) {
      frames.push(...framer.push(Buffer.from(`${'y'.repeat(9_999)}\n`)));
      most = Math.max(most, framer.keptBytes);
    }
    frames.push(...framer.end());
    expect(most).toBeLessThanOrEqual(MAX_RECORD_BYTES);
    expect(frames[0]).toEqual({ line: 1, text: null, problem: 'opens a quote that is never closed' });
    expect(frames).toHaveLength(401);
    expect(frames[400]).toMatchObject({ line: 401, text: 'y'.repeat(9_999) });
  });

  it('gives up one line for a stray quote, not the lines behind it', () => {
    const frames = frame('1,"stray\n2,fine\n3,"also ""fine"""\n4,"never\n5,fine');
    expect(frames.map(({ text, problem }) => text ?? problem)).toEqual([
      'has a quote in the wrong place',
      '2,fine',
      '3,"also ""fine"""',
      'opens a quote that is never closed',
      '5,fine',
    ]);
  });

  it('reports a line that is not UTF-8 and reads on', () => {
    const data = Buffer.concat([Buffer.from('1,a\n2,'), Buffer.from([0xff, 0xfe]), Buffer.from('\n3,c\n')]);
    expect(frame(data).map(({ text, problem }) => text ?? problem)).toEqual([
      '1,a',
      'is not valid UTF-8',
      '3,c',
    ]);
  });

  it('takes quotes as they are in JSON lines', () => {
    expect(texts(frame('{"a":"\\""}\n{"b":1}', 3, false))).toEqual(['{"a":"\\""}', '{"b":1}']);
  });
});

describe('the fields of a CSV record', () => {
  it('are refused when a quote is in the wrong place', () => {
    for (const text of ['a,b"c', '"a"b,c', 'a,"b', '"a""', 'a, "b"c'])
      expect(splitCsvRecord(text), text).toBeNull();
  });

  it('may be quoted behind blanks', () => {
    expect(splitCsvRecord('"a", "b" , c')).toEqual(['a', 'b', ' c']);
    expect(texts(frame('"a", "b\nc" ,d\ne, "f"\n', 3))).toEqual(['"a", "b\nc" ,d', 'e, "f"']);
  });

  it('may be separated by other marks, and hold quotes behind backslashes', () => {
    expect(splitCsvRecord('a;"b;c"', { delimiter: ';' })).toEqual(['a', 'b;c']);
    expect(splitCsvRecord('a::"b::c', { delimiter: '::' })).toEqual(['a', '"b', 'c']);
    const dialect = { delimiter: ';', escape: '\\' } as const;
    expect(splitCsvRecord('"say \\"hi\\"";"x"', dialect)).toEqual(['say "hi"', 'x']);
    const framer = new RecordFramer({ hasQuotes: true, dialect });
    expect(texts([...framer.push(Buffer.from('"a\\"\nb";c\nd;e')), ...framer.end()])).toEqual([
      '"a\\"\nb";c',
      'd;e',
    ]);
  });

  it('come from lines that end with carriage returns', () => {
    const framer = new RecordFramer({ hasQuotes: true, lineEnd: 13 });
    const frames = [...framer.push(Buffer.from('a,b\r1,"x\ry"\r')), ...framer.end()];
    expect(frames.map(({ line, text }) => [line, text])).toEqual([
      [1, 'a,b'],
      [2, '1,"x\ry"'],
    ]);
  });

  it('may be empty', () => {
    expect(splitCsvRecord(',"",')).toEqual(['', '', '']);
    expect(splitCsvRecord('"",x')).toEqual(['', 'x']);
  });
});

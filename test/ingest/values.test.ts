/** Times, words for types and availability, lists in cells, JSON rows and encodings. */

import { describe, expect, it } from 'vitest';

import { EventWords, wordMeaning } from '../../server/ingest/event-words.js';
import { availability, categorySeparator, listOf, tagSeparator } from '../../server/ingest/item-values.js';
import { cellOf, isNested, parseRow } from '../../server/ingest/json-row.js';
import { createTranscoder, detectEncoding, encodingNamed } from '../../server/ingest/text-encoding.js';
import {
  dateOrderOf,
  isSpreadsheetDay,
  optionalTimestamp,
  timeFormOf,
} from '../../server/ingest/time-values.js';

const NOW = Date.UTC(2026, 0, 1);
const DAY = Date.UTC(2019, 9, 1);
const HOUR = 3_600_000;

describe('a time', () => {
  it.each([
    ['2019-10-01 00:00:00 UTC', DAY],
    ['2019-10-01 00:00:00 GMT', DAY],
    ['2019-10-01T02:00:00+02', DAY],
    ['2019-10-01 02:00:00 +0200', DAY],
    ['2019/10/01', DAY],
    ['2019/10/1 03:00', DAY + 3 * HOUR],
    ['2019-10-01 05', DAY + 5 * HOUR],
    ['20191001', DAY],
    ['20191001030000', DAY + 3 * HOUR],
    ['201910010300', DAY + 3 * HOUR],
    [String(DAY / 1_000), DAY],
    [String(DAY), DAY],
    [`${DAY}000`, DAY],
    [`${DAY}000000`, DAY],
    ['2019-10-01 00:00:00.184708+00:00', DAY + 184],
  ])('may be written as %s', (text, at) => {
    expect(optionalTimestamp('timestamp', text, { now: NOW })).toBe(at);
  });

  it('may be a day number of a spreadsheet where the column holds such numbers', () => {
    expect(optionalTimestamp('t', '43739.5', { now: NOW, isSpreadsheet: true })).toBe(DAY + 12 * HOUR);
    expect(isSpreadsheetDay('43739.5', NOW)).toBe(true);
    for (const text of ['1001', '99999', '2019-10-01']) expect(isSpreadsheetDay(text, NOW), text).toBe(false);
  });

  it('is never taken for one of the 1970s by its number', () => {
    for (const text of ['1001', '43739.5', '20191', '86400000', '0'])
      expect(() => optionalTimestamp('t', text, { now: NOW }), text).toThrow('is in the 1970s');
    expect(() => optionalTimestamp('t', '1975-01-01', { now: NOW, from: DAY })).toThrow('is in the 1970s');
    expect(optionalTimestamp('t', '1975-01-01', { now: NOW })).toBe(Date.UTC(1975, 0, 1));
  });

  it('that may begin with the day or the month is refused as such', () => {
    expect(() => optionalTimestamp('t', '01-10-2019 07:01', { now: NOW })).toThrow('say --dates day-first');
  });

  it.each([
    ['01-10-2019 07:01', 'day-first', '2019-10-01T07:01:00Z'],
    ['1.10.2019', 'day-first', '2019-10-01T00:00:00Z'],
    ['10/1/2019 7:01:30 PM', 'month-first', '2019-10-01T19:01:30Z'],
    ['10/1/2019, 12:01 AM', 'month-first', '2019-10-01T00:01:00Z'],
    ['31/10/2019 07:01:00 +02', 'day-first', '2019-10-31T05:01:00Z'],
    ['2019-10-01 7:01', 'day-first', '2019-10-01T07:01:00Z'],
  ] as const)('%s is read %s', (text, dateOrder, expected) => {
    expect(optionalTimestamp('t', text, { now: NOW, dateOrder })).toBe(Date.parse(expected));
  });

  it('that no calendar has is refused in any order', () => {
    for (const text of ['31/02/2019', '10/13/2019', '1/1/2019 13:00 PM', '1/1/2019 25:00'])
      expect(() => optionalTimestamp('t', text, { now: NOW, dateOrder: 'day-first' })).toThrow(
        'is not a time',
      );
  });

  it('has an order where a day after the 12th tells it', () => {
    expect(dateOrderOf(['01/10/2019', '13/10/2019', ''])).toBe('day-first');
    expect(dateOrderOf(['10/01/2019 7:01', '10/13/2019 7:01'])).toBe('month-first');
    expect(dateOrderOf(['01/10/2019', '2019-10-13'])).toBeNull();
    expect(dateOrderOf(['13/10/2019', '10/13/2019'])).toBeNull();
  });

  it('has a form by which its column is described', () => {
    const forms = ['1570000001', '1570000001000', '1570000001000000', '20191001', '2019-10-01', 'soon', '5'];
    expect(forms.map((text) => timeFormOf(text, NOW))).toEqual([
      'seconds',
      'milliseconds',
      'microseconds',
      'numbers like 20191001',
      'dates',
      null,
      null,
    ]);
  });
});

describe('a word for a type of event', () => {
  it('is known in any spelling, or given', () => {
    const words = new EventWords(new Map([['play', 'view'] as const, ['removefromcart', 'ignore'] as const]));
    const read = (text: string) => words.read(text);
    expect(read('VIEW')).toEqual({ meaning: 'view', isAlias: false });
    expect(read('ADD_TO_CART')).toEqual({ meaning: 'cart', isAlias: true });
    expect(read('transaction').meaning).toBe('purchase');
    expect(read('Page View').meaning).toBe('view');
    expect(read('play').meaning).toBe('view');
    expect(read('remove_from_cart').meaning).toBe('ignore');
    for (const text of ['retract', '1', '', 'constructor', '__proto__'])
      expect(() => read(text), text).toThrow('is not one of impression, view');
  });

  it('has to mean a type that exists', () => {
    expect(wordMeaning('Cart')).toBe('cart');
    expect(() => wordMeaning('basket case')).toThrow('is not an event type');
  });
});

describe('availability', () => {
  it.each(['', 'true', 'T', 'yes', 'Y', '1', '12', 'in stock', 'IN_STOCK', 'https://schema.org/InStock'])(
    'is given by "%s"',
    (word) => expect(availability([word])).toBe(true),
  );
  it.each(['false', 'f', 'No', 'n', '0', '-3', 'out of stock', 'sold out', 'http://schema.org/OutOfStock'])(
    'is denied by "%s"',
    (word) => expect(availability([word])).toBe(false),
  );
  it('is denied when one of several columns denies it', () => {
    expect(availability(['', 'true', '0'])).toBe(false);
  });
  it('is not guessed', () => {
    for (const word of ['perhaps', 'constructor', '2 weeks'])
      expect(() => availability([word]), word).toThrow('does not say whether');
  });
});

describe('a list in a cell', () => {
  it('is taken apart at the mark of its column', () => {
    expect(tagSeparator(['a|b', 'c, d'])).toBe('|');
    expect(tagSeparator(['a, b', 'c'])).toBe(',');
    expect(tagSeparator(['a', 'b'])).toBeNull();
    expect(listOf('a, b,a', ',')).toEqual(['a', 'b']);
    expect(listOf('(no genres listed)', '|')).toEqual([]);
  });

  it('is a path in a column of categories; a comma in a name is no separator', () => {
    expect(categorySeparator(['Home > Garden', 'Home'])).toBe('>');
    expect(categorySeparator(['Home, Garden', 'Home, Kitchen', 'Music'])).toBe(',');
    expect(categorySeparator(['Food, drinks and more', 'Music', 'Garden'])).toBeNull();
  });

  it('may be a JSON array or a Python list', () => {
    expect(listOf('["a|b","c"]', '|')).toEqual(['a|b', 'c']);
    expect(listOf("['a', 'b']", null)).toEqual(['a', 'b']);
    expect(listOf('[not json', null)).toEqual(['[not json']);
  });
});

describe('a JSON row', () => {
  it('keeps every digit of large integers, and texts as they are', () => {
    expect(
      parseRow('{"a":76561197970982479,"b":"x 76561197970982479 \\"1\\"","c":[-9007199254740993],"d":1.5}'),
    ).toEqual({ a: '76561197970982479', b: 'x 76561197970982479 "1"', c: ['-9007199254740993'], d: 1.5 });
    expect(parseRow('{"a":7.6561197970982479e16,"b":76561197970982479.0}')).toEqual({
      a: '7.6561197970982479e16',
      b: '76561197970982479.0',
    });
    expect(parseRow('{"a":1234567890123456}')).toEqual({ a: 1234567890123456 });
    for (const text of ['[1]', '1', 'null', '{"a":', '{"a":12345678901234567890'])
      expect(() => parseRow(text), text).toThrow(/the line is not/);
  });

  it('has cells of plain values and lists', () => {
    expect(cellOf(['a', 1, null])).toBe('a|1|');
    expect([{}, [{}], [[{}]], ['a'], [['a']], null, 'x'].map(isNested)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('the encoding of a text', () => {
  const utf16 = (text: string, isBigEndian: boolean) => {
    const bytes = Buffer.from(text, 'utf16le');
    return isBigEndian ? bytes.swap16() : bytes;
  };
  it.each([
    ['ASCII', Buffer.from('a,b\n1,2\n'), 'utf-8'],
    ['UTF-8', Buffer.from('Müller,Çelik\n'), 'utf-8'],
    ['UTF-8 with a damaged byte', Buffer.from([...Buffer.from('Müller,b'), 0xe9, 0x28]), 'utf-8'],
    ['one damaged sequence', Buffer.from([0x62, 0xc3, 0x28, 0x2c]), 'utf-8'],
    ['UTF-8 cut off', Buffer.from('Mü').subarray(0, 2), 'utf-8'],
    ['latin-1', Buffer.from('René,Müller\n', 'latin1'), 'windows-1252'],
    ['UTF-16 with a mark', utf16('\uFEFFa,b\n', false), 'utf-16le'],
    ['UTF-16 with a mark, big end first', utf16('\uFEFFa,b\n', true), 'utf-16be'],
    ['UTF-16 without a mark', utf16('userId,itemId\n', false), 'utf-16le'],
    ['UTF-16 without a mark, big end first', utf16('userId,itemId\n', true), 'utf-16be'],
  ])('is found: %s', (_what, bytes, encoding) => {
    expect(detectEncoding(bytes)).toBe(encoding);
  });

  it('may be named, and is read across chunks', () => {
    expect(encodingNamed('latin1')).toBe('windows-1252');
    expect(() => encodingNamed('klingon')).toThrow('not a known encoding');
    const transcode = createTranscoder('utf-16le');
    const bytes = utf16('é😀', false);
    const parts = [...bytes].map((_, at) => transcode(bytes.subarray(at, at + 1), at === bytes.length - 1));
    expect(Buffer.concat(parts).toString()).toBe('é😀');
  });
});

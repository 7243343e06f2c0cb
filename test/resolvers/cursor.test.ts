import { describe, expect, it } from 'vitest';

import { connectionOfList } from '../../server/resolvers/connection.js';
import { decodeCursor, encodeCursor } from '../../server/resolvers/cursor.js';

const items = { name: 'items', filter: { category: 'books', search: null } };

describe('a cursor', () => {
  it('gives back the key it was made with, whatever is in it', () => {
    for (const key of ['i1', 'ä/ö "quoted"', '日本', 'a'.repeat(200)]) {
      expect(decodeCursor(items, encodeCursor(items, key))).toBe(key);
    }
  });

  it('is the same for the same row, so that it survives a restart', () => {
    expect(encodeCursor(items, 'i1')).toBe(
      encodeCursor({ name: 'items', filter: { search: undefined, category: 'books' } }, 'i1'),
    );
  });

  it('is refused by name in another listing', () => {
    const foreign = encodeCursor({ name: 'users' }, 'u1');
    expect(() => decodeCursor(items, foreign)).toThrow('This cursor belongs to "users", not to "items".');
  });

  it('is refused under another filter', () => {
    const foreign = encodeCursor({ name: 'items', filter: { category: 'films' } }, 'i1');
    expect(() => decodeCursor(items, foreign)).toThrow('belongs to "items" with another filter');
  });

  it.each([
    '',
    '!',
    'bm90IGpzb24',
    Buffer.from('[2,"items","","i1"]').toString('base64url'),
    Buffer.from('[1,"items",""]').toString('base64url'),
    Buffer.from('[1,"items","",{"$gt":""}]').toString('base64url'),
    Buffer.from('[1,"<script>","","i1"]').toString('base64url'),
    'a'.repeat(5_000),
  ])('is refused when this server did not make it: %s', (cursor) => {
    expect(() => decodeCursor(items, cursor)).toThrow('This is not a cursor of this server.');
  });
});

describe('a connection over a list', () => {
  const source = { listing: { name: 'numbers' }, keyOf: String, toNode: (n: number) => n };
  const rows = [10, 11, 12, 13, 14];

  it('pages through every row once', () => {
    const seen: number[] = [];
    let after: string | null = null;
    do {
      const page: ReturnType<typeof connectionOfList<number, number>> = connectionOfList(
        rows,
        { first: 2, after },
        source,
      );
      seen.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(rows);
  });

  it('refuses a cursor whose row has gone', () => {
    const { pageInfo } = connectionOfList(rows, { first: 1, after: null }, source);
    expect(() => connectionOfList(rows.slice(1), { first: 1, after: pageInfo.endCursor }, source)).toThrow(
      'no longer exists',
    );
  });
});

/** Search of titles: words by their beginnings, within bounds, in pages. */

import { describe, expect, it } from 'vitest';

import { checkSearch, TitleIndex, wordsOf } from '../../../server/services/users/title-index.js';
import { item } from '../../contracts/samples.js';
import { smallWorld } from '../../support/small-world.js';

const TITLES: Readonly<Record<string, string>> = {
  '1': 'The Hobbit',
  '2': 'Hóbbits of the North (vol. 2)',
  '3': 'A cohobbit',
  '4': 'Çok güzel bir gün',
  '5': 'Die Straße nach Österreich',
  '6': 'ألف ليلة وليلة',
  '7': 'Война и мир',
  '8': '𝒜 tale of two ﬁres',
};

describe('the search of titles', () => {
  const index = new TitleIndex();
  for (const [itemId, title] of Object.entries(TITLES)) index.add(itemId, title);
  const found = (search: string, more: Partial<Parameters<TitleIndex['find']>[0]> = {}) =>
    index.find({ words: wordsOf(search), after: null, limit: 10, isWanted: () => true, ...more });

  it.each([
    ['HOBB', ['1', '2']],
    ['north hobb', ['2']],
    ['hobb north', ['2']],
    ['(vol.', ['2']],
    ['hob hobb hobbit', ['1', '2']],
    ['hobbit the', ['1', '2']],
    ['obbit', []],
    ['hobbits mir', []],
    ['gün guz', ['4']],
    ['GUZEL', ['4']],
    ['oster', ['5']],
    ['ليل', ['6']],
    ['МИР вой', ['7']],
    ['a fire', ['8']],
    ['__proto__', []],
    ['constructor', []],
  ])('finds by beginnings of words, whatever the case, the accents and the order: %s', (search, expected) => {
    expect(found(search)).toEqual(expected);
  });

  it('agrees with a slow look at every title, for every pair of beginnings', () => {
    const beginnings = Object.values(TITLES)
      .flatMap(wordsOf)
      .flatMap((word) => [[...word][0]!, [...word].slice(0, 3).join('')]);
    const slowly = (words: readonly string[]) =>
      Object.entries(TITLES)
        .filter(([, title]) => words.every((word) => wordsOf(title).some((own) => own.startsWith(word))))
        .map(([itemId]) => itemId);
    for (const left of beginnings)
      for (const right of beginnings)
        expect(found(`${left} ${right}`), `${left} ${right}`).toEqual(slowly([left, right]));
  });

  it('goes on after an id, whether there is such an item or not, and keeps to the limit', () => {
    expect(found('the', { limit: 1 })).toEqual(['1']);
    expect(found('the', { after: '1' })).toEqual(['2']);
    expect(found('the', { after: '0' })).toEqual(['1', '2']);
    expect(found('the', { after: '15' })).toEqual(['2']);
    expect(found('the', { after: '2' })).toEqual([]);
  });

  it.each([
    ['101 characters', 'x'.repeat(101), 'may have 100 characters; it has 101'],
    ['a text of 40,000 characters', 'a '.repeat(20_000), 'may have 100 characters'],
    ['nine words', 'a b c d e f g h i', 'may have 8 words; it has 9'],
    ['nine words between signs', 'a.b,c;d-e_f+g(h)i', 'may have 8 words; it has 9'],
  ])('refuses %s with a sentence', (_what, search, message) => {
    expect(() => checkSearch(search)).toThrow(message);
  });

  it.each(['', 'x'.repeat(100), 'a b c d e f g h', `${'.'.repeat(90)} a b`])('takes "%s"', (search) => {
    expect(checkSearch(search)).toBe(search);
  });
});

describe('the listing of a catalogue', () => {
  it('searches within a category, in pages, and all of it for a text without words', async () => {
    const { container } = await smallWorld({ nUsers: 0 });
    const { catalogue } = container.services;
    await catalogue.importItems([
      item('1', { title: 'The Hobbit', category: 'fantasy' }),
      item('2', { title: 'Hóbbits of the North (vol. 2)', category: 'essays' }),
      item('3', { title: 'A cohobbit', category: 'fantasy' }),
      item('4', { title: 'Hobbit songs', category: 'fantasy' }),
    ]);
    const listed = async (query: object) => {
      const { rows, hasNextPage } = await catalogue.items({ first: 10, after: null, ...query });
      return [rows.map((row) => row.itemId).join(), hasNextPage];
    };
    expect(await listed({ search: 'HOBB' })).toEqual(['1,2,4', false]);
    expect(await listed({ search: 'hobb', first: 2 })).toEqual(['1,2', true]);
    expect(await listed({ search: 'hobb', first: 2, after: '2' })).toEqual(['4', false]);
    expect(await listed({ category: 'fantasy', search: 'hobb' })).toEqual(['1,4', false]);
    expect(await listed({ category: 'fantasy' })).toEqual(['1,3,4', false]);
    expect(await listed({ search: '.*' })).toEqual(['1,2,3,4', false]);
    await expect(listed({ search: 'a b c d e f g h i' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'search',
    });
  });

  it('finds items that came, changed and went since, in their places', async () => {
    const index = new TitleIndex();
    for (const itemId of ['b', 'd', 'f']) index.add(itemId, `Hobbit ${itemId}`);
    index.change('e', 'Hobbits');
    index.change('d', null);
    index.change('a', 'Elves');
    index.change('f', 'A hobbit of old');
    const found = (words: string[], after: string | null, limit: number) =>
      index.find({ words, after, limit, isWanted: () => true });
    expect(found(['hobbit'], null, 10)).toEqual(['b', 'e', 'f']);
    expect(found(['hobbit'], null, 2)).toEqual(['b', 'e']);
    expect(found(['hobbit'], 'b', 10)).toEqual(['e', 'f']);
    expect(found(['old', 'hobb'], null, 10)).toEqual(['f']);
    expect(found(['elves'], null, 10)).toEqual(['a']);
  });

  it('finds an item under its new title after a change, and no longer under the old one', async () => {
    const { container } = await smallWorld({ nUsers: 0 });
    const { catalogue } = container.services;
    await catalogue.importItems([item('1', { title: 'Old words' })]);
    await catalogue.importItems([item('1', { title: 'New words' })]);
    const nFound = async (search: string) =>
      (await catalogue.items({ first: 10, after: null, search })).rows.length;
    expect([await nFound('old'), await nFound('new')]).toEqual([0, 1]);
  });
});

/** Words of the catalogue and their counts, through changes. */

import { describe, expect, it } from 'vitest';

import { CatalogueWords } from '../../../server/services/users/catalogue-words.js';

describe('the words of a catalogue', () => {
  it('are categories and tags, counted once per item', () => {
    const words = new CatalogueWords();
    words.change('a', { category: 'books', tags: ['crime', 'books', ''] });
    words.change('b', { category: '', tags: ['crime'] });
    expect(words.wordsOf('a')).toEqual(['books', 'crime']);
    expect([words.countOf('books'), words.countOf('crime'), words.countOf('poems')]).toEqual([1, 2, 0]);
    expect([words.size, words.wordsOf('unknown')]).toEqual([2, []]);
  });

  it('follow changes and removals of items', () => {
    const words = new CatalogueWords();
    words.change('a', { category: 'books', tags: ['crime'] });
    words.change('a', { category: 'books', tags: ['poems'] });
    expect([words.countOf('books'), words.countOf('crime'), words.countOf('poems')]).toEqual([1, 0, 1]);
    words.change('a', null);
    words.change('b', null);
    expect([words.size, words.countOf('books')]).toEqual([0, 0]);
  });
});

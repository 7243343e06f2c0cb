import { describe, expect, it } from 'vitest';

import { shownNames } from '../../server/ingest/shown-names.js';

describe('the names of columns that are shown', () => {
  it('are those that name a property', () => {
    const names = ['brand', 'isbn13', 'Price (EUR)', 'feedback', 'page_2', ''];
    expect(shownNames(names)).toEqual(names);
  });

  it('are not those that look like ids, which are counted', () => {
    const ids = ['ann@example.org', '4711', 'u000', 'c0ffee12-aa', 'AKX29948'];
    expect(shownNames(['brand', ...ids])).toEqual(['brand', '5 that look like ids']);
    expect(shownNames(['brand', ids[0]])).toEqual(['brand', '1 that looks like an id']);
  });

  it('are not those of a table with a column for each user', () => {
    expect(shownNames(['u1', 'u2', 'u17', 'title'])).toEqual(['title', '3 that look like ids']);
  });
});

import { describe, expect, it } from 'vitest';

import { encodeItems } from '../../server/features/index.js';

const item = (changes: Partial<Parameters<typeof encodeItems>[0][number]>) => ({
  ...{ title: '', category: '', tags: [], attributes: {} },
  ...changes,
});

describe('item content', () => {
  it('keeps tags that relate some items but not most', () => {
    const content = encodeItems([
      item({ category: 'b', tags: ['all', 'two', 'once', 'two'] }),
      item({ tags: ['all'] }),
      item({ category: 'a', tags: ['all', 'two', 'also'] }),
      item({ category: 'b', tags: ['also'] }),
    ]);
    expect(content.termNames).toEqual(['tag:also', 'tag:two']);
    expect([...content.termIndptr]).toEqual([0, 1, 1, 3, 4]);
    expect([...content.termIndices]).toEqual([1, 0, 1, 0]);
    expect(content.categoryNames).toEqual(['a', 'b']);
    expect([...content.categories]).toEqual([1, -1, 0, 1]);
  });

  it('reads titles word by word and attributes name by name, whatever the case and the script', () => {
    const content = encodeItems([
      item({ title: 'The Games (#1)', attributes: { authors: 'A. Poe, B. Low', year: 1990 } }),
      item({ title: 'games again', attributes: { authors: 'b. low', year: 1990 } }),
      item({ title: '東京物語', attributes: { authors: 'a. poe|C' } }),
      item({ title: '東京の夜' }),
      item({}),
    ]);
    expect(content.termNames).toEqual(['authors:a. poe', 'authors:b. low', 'title:games', 'title:東京']);
  });
});

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent } from '../../../server/domain/index.js';
import { KNOWN_TIME_FROM } from '../../../server/domain/index.js';
import { eventId } from '../../../server/ingest/index.js';
import { followingWords } from '../../../server/services/data/undated-words.js';

/** An event of unknown time: a word on an item at a place of a file. */
function word(type: 'like' | 'dislike', at: number, itemId = 'a'): BehaviourEvent {
  const event = {
    userId: 'u',
    type,
    itemId,
    at,
    value: type === 'like' ? 5 : 1,
    sessionId: null,
    position: null,
    listId: null,
    device: null,
    locale: null,
  };
  return { id: eventId(event), ...event };
}

/** The words on item "a" after files were imported one after another, and how many rows of the last were new. */
function after(...files: BehaviourEvent[][]) {
  let stored: BehaviourEvent[] = [];
  let last = followingWords([], []);
  for (const file of files) {
    last = followingWords(file, stored);
    stored = [...stored, ...last.events];
  }
  const ids = new Set(stored.map(({ id }) => id));
  expect(ids.size).toBe(stored.length);
  expect(stored.every((event, i) => i === 0 || event.at > stored[i - 1].at)).toBe(true);
  return { words: stored.filter(({ itemId }) => itemId === 'a').map(({ type }) => type), ...last };
}

describe('a file of words without times', () => {
  it('adds nothing when it says what is stored', () => {
    const day = [word('like', 2), word('like', 3, 'b')];
    expect(after(day, day)).toMatchObject({ words: ['like'], events: [], nStored: 2 });
    const changed = [word('like', 2), word('dislike', 3)];
    expect(after(changed, changed)).toMatchObject({ words: ['like', 'dislike'], nStored: 2 });
  });

  it('counts when it changes a mind back', () => {
    const [like, dislike] = [[word('like', 2)], [word('dislike', 2)]];
    expect(after(like, dislike, like).words).toEqual(['like', 'dislike', 'like']);
    expect(after(like, dislike, like, like)).toMatchObject({
      words: ['like', 'dislike', 'like'],
      nStored: 1,
    });
    expect(after(like, dislike, like, dislike).words).toHaveLength(4);
  });

  it('ends at its last row, and tells equal rows apart from stored ones', () => {
    const file = [word('like', 2), word('dislike', 3), word('dislike', 4), word('like', 5)];
    const found = after(file);
    expect(found).toMatchObject({ words: ['like', 'dislike', 'like'], nEqual: 1, nStored: 0 });
    expect(after(file, file)).toMatchObject({ events: [], nEqual: 1, nStored: 3 });
  });

  it('stays below the first known time and behind what is stored', () => {
    const early = followingWords([word('dislike', 1)], [word('like', 900)]);
    expect(early.events[0].at).toBe(901);
    const late = followingWords([word('dislike', 5)], [word('like', KNOWN_TIME_FROM - 1)]);
    expect(late.events[0].at).toBe(KNOWN_TIME_FROM - 1);
  });
});

/** Plain words in what people read. */

import { describe, expect, it } from 'vitest';

import { readFiles } from './source-files.js';
import { FORBIDDEN_TURNS, forbiddenTurns, HELD } from './wording.js';

describe('the wording', () => {
  it.each(HELD)('of $folder has no forbidden turn', ({ folder, endings }) => {
    const files = readFiles([folder], endings).filter(({ path }) => folder !== '.' || !path.includes('/'));
    expect(files.length).toBeGreaterThan(0);
    expect(forbiddenTurns(files)).toEqual([]);
  });

  it('is refused with its line and a better word', () => {
    const text = 'Plain.\nWhoever hears of it foretells that it is another now.\n';
    expect(forbiddenTurns([{ path: 'a.md', text }])).toEqual([
      'a.md:2 "Whoever": name the reader, the caller or the user',
      'a.md:2 "is another now": has changed',
      'a.md:2 "foretells": predict',
      'a.md:2 "hears of": subscribe to, receive, read',
    ]);
  });

  it('may contain words that only look like a forbidden turn', () => {
    const text = 'Another node now leads. We need it; that is told once. Instances are read of themselves.';
    expect(forbiddenTurns([{ path: 'a.md', text }])).toEqual([]);
    expect(FORBIDDEN_TURNS.every(({ turn }) => !turn.global)).toBe(true);
  });
});

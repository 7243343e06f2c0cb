import { describe, expect, it } from 'vitest';

import { coverOf } from '../../client/components/cover.js';

describe('A generated cover', () => {
  it('is the same for the same item, every time', () => {
    expect(coverOf('Steel Lamp', 'Home')).toEqual(coverOf('Steel Lamp', 'Home'));
  });

  it('shares only its first hue with items of its category', () => {
    const covers = Array.from({ length: 40 }, (_, index) => coverOf(`Lamp ${index}`, 'Home'));
    expect(new Set(covers.map(({ hues }) => hues[0])).size).toBe(1);
    expect(new Set(covers.map(({ seeds }) => seeds.join())).size).toBe(40);
    expect(new Set(covers.map(({ pattern }) => pattern)).size).toBe(5);
    expect(coverOf('Lamp 1', 'Garden').hues[0]).not.toBe(covers[1]!.hues[0]);
  });

  it('keeps its numbers in range, also for items without a title or a category', () => {
    for (const cover of [coverOf('', ''), coverOf('A', ''), coverOf('Ein sehr langer Titel', 'Bücher')]) {
      expect(cover.seeds.every((seed) => seed >= 0 && seed <= 1)).toBe(true);
      expect(cover.hues.every((hue) => Number.isInteger(hue) && hue >= 0 && hue < 360)).toBe(true);
    }
  });

  it('takes its initials from the words of the title, in any script', () => {
    expect(coverOf('The Hobbit (1937)', '').initials).toBe('TH');
    expect(coverOf('“Über” alles', '').initials).toBe('A');
    expect(coverOf('ألف ليلة', '').initials).toBe('أل');
    expect(coverOf('1984', '').initials).toBe('1');
    expect(coverOf('…', '').initials).toBe('');
  });
});

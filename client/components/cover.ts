/** Generated covers: the same title and category always give the same picture; items of a category share colours. */

const PATTERNS = ['rings', 'bars', 'waves', 'dots', 'peaks'] as const;

export interface Cover {
  /** Two hues of the colour circle, 0 to 359. */
  readonly hues: readonly [number, number];
  readonly pattern: (typeof PATTERNS)[number];
  /** Four numbers from 0 to 1 that place the shapes. */
  readonly seeds: readonly [number, number, number, number];
  /** Up to two letters. */
  readonly initials: string;
}

export function coverOf(title: string, category: string): Cover {
  const categoryHash = hash(category === '' ? title : category);
  const titleHash = hash(title);
  const hue = categoryHash % 360;
  const seed = (shift: number) => ((titleHash >>> shift) & 0xff) / 0xff;
  return {
    hues: [hue, (hue + 30 + (titleHash % 40)) % 360],
    pattern: PATTERNS[titleHash % PATTERNS.length] ?? 'rings',
    seeds: [seed(0), seed(8), seed(16), seed(24)],
    initials: initialsOf(title),
  };
}

/** The first letters of the first two words that begin with a letter or digit. */
function initialsOf(title: string): string {
  const words = title.split(/[\s\-–—:,.]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

/** FNV-1a with a final mix, so that titles that differ in a single letter look different. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

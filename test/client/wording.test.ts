import { describe, expect, it } from 'vitest';

import { backoffMs } from '../../client/sdk/backoff.js';
import { confidenceLevel, directionOf, scaleEnd } from '../../client/composables/persona-figures.js';
import { relativeTime } from '../../client/composables/useAgo.js';
import { admin as arAdmin } from '../../client/locales/admin/ar.js';
import { admin as deAdmin } from '../../client/locales/admin/de.js';
import { admin as enAdmin } from '../../client/locales/admin/en.js';
import { messages as ar } from '../../client/locales/ar.js';
import { messages as de } from '../../client/locales/de.js';
import { messages as en } from '../../client/locales/en.js';
import { ARCHETYPE_WORDING } from '../../server/domain/index.js';
import { ARCHETYPES, AVERAGE, FEATURE_LABELS } from '../../server/learning/index.js';

/** Every message by its path. */
function flatten(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const here = path === '' ? key : `${path}.${key}`;
    return typeof value === 'string' ? [[here, value]] : flatten(value as object, here);
  });
}

/** As the admin pages have them: theirs beside everybody's. */
const all = (base: object, admin: object) => new Map([...flatten(base), ...flatten(admin)]);
const english = all(en, enAdmin);
const placeholders = (message: string) => [...new Set(message.match(/\{\w+\}/g))].sort().join();
const forms = (message: string) => message.split(' | ').length;

describe.each([
  { name: 'German', translated: all(de, deAdmin), counted: (n: number) => n },
  { name: 'Arabic', translated: all(ar, arAdmin), counted: () => 6 },
])('$name', ({ translated, counted }) => {
  it('has exactly the English messages, none of them empty', () => {
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort());
    expect([...translated].filter(([, message]) => message.trim() === '')).toEqual([]);
  });

  it('fills in the same values', () => {
    const wrong = [...english].filter(
      ([key, message]) => placeholders(message) !== placeholders(translated.get(key)!),
    );
    expect(wrong).toEqual([]);
  });

  it('has all plural forms of counted messages', () => {
    for (const [key, message] of english) {
      const expected = forms(message) === 1 ? 1 : counted(forms(message));
      expect([key, forms(translated.get(key)!)]).toEqual([key, expected]);
    }
  });
});

describe('The words for personas', () => {
  it('are the words of the server, so that they are recognised and translated', () => {
    expect(en.persona.known).toEqual(ARCHETYPE_WORDING);
    for (const { personaId, label, description } of ARCHETYPES)
      expect(ARCHETYPE_WORDING[personaId as keyof typeof ARCHETYPE_WORDING]).toEqual({ label, description });
    expect(en.personaName).toEqual(FEATURE_LABELS);
    expect(en.persona.allRounders).toBe(AVERAGE.label);
  });

  it('have at most three words in every language', () => {
    for (const { personaName } of [en, de, ar]) {
      for (const name of Object.values(personaName).flatMap(({ more, less }) => [more, less]))
        expect(name.split(/\s+/).length).toBeLessThanOrEqual(3);
    }
  });

  it('differ for every feature and direction', () => {
    for (const { personaName } of [en, de, ar]) {
      const names = Object.values(personaName).flatMap(({ more, less }) => [more, less]);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('state the thresholds of the confidence levels', () => {
    expect([1, 0.85, 0.84, 0.6, 0.59].map(confidenceLevel)).toEqual(['high', 'high', 'fair', 'fair', 'low']);
    for (const { persona } of [en, de, ar]) expect(persona.confidenceText).toMatch(/85.*60/);
  });

  it("take the direction from the reader's own distance from everybody, on the scale that is drawn", () => {
    const end = scaleEnd([0, 0.14, 0.05], 1);
    expect(end).toBe(0.2);
    expect(directionOf(0, 0.05, end)).toBe('less');
    expect(directionOf(0.14, 0.05, end)).toBe('more');
    expect(directionOf(0.052, 0.05, end)).toBe('same');
    expect(scaleEnd([0.6, 0.9], 1)).toBe(1);
    expect(scaleEnd([0, 0], 1)).toBe(1);
  });
});

describe('Relative time', () => {
  const now = Date.UTC(2026, 5, 15, 12);

  it('takes the largest unit that fits', () => {
    expect(relativeTime(now - 3 * 86_400_000, now, 'en')).toBe('3 days ago');
    expect(relativeTime(now - 90 * 60_000, now, 'en')).toBe('1 hour ago');
    expect(relativeTime(now - 59_000, now, 'en')).toBe('now');
    expect(relativeTime(now - 86_400_000, now, 'de')).toBe('gestern');
  });
});

describe('The wait before another attempt', () => {
  it('grows up to a bound, and is spread over its upper half', () => {
    const longest = [0, 1, 2, 10, 100].map((attempt) => backoffMs(attempt, () => 1));
    expect(longest).toEqual([300, 600, 1_200, 5_000, 5_000]);
    expect([0, 10].map((attempt) => backoffMs(attempt, () => 0))).toEqual([150, 2_500]);
  });
});

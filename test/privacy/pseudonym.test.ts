/** Pseudonyms against the published test vectors of HMAC-SHA-256, and the secrets behind them. */

import { describe, expect, it } from 'vitest';

import {
  createPseudonymizer,
  generateSecret,
  pseudonymKey,
  secretProblem,
} from '../../server/privacy/index.js';

describe('a pseudonym', () => {
  it('is HMAC-SHA-256 of the raw id, as in RFC 4231', () => {
    const key = Buffer.alloc(20, 0x0b);
    const { pseudonymize } = createPseudonymizer({ key, keyVersion: 'x' });
    expect(pseudonymize('Hi There')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  });

  it('is the same for the same id and key, and another for another of either', () => {
    const one = createPseudonymizer(pseudonymKey(generateSecret()));
    const other = createPseudonymizer(pseudonymKey(generateSecret()));
    expect(one.pseudonymize('42')).toBe(one.pseudonymize('42'));
    expect(one.pseudonymize('42')).toMatch(/^[0-9a-f]{64}$/);
    expect(one.pseudonymize('42')).not.toBe(one.pseudonymize('43'));
    expect(one.pseudonymize('42')).not.toBe(other.pseudonymize('42'));
    expect(one.keyVersion).not.toBe(other.keyVersion);
  });
});

describe('a secret', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));

  it('means the same key in hexadecimal, in any case, and in base64', () => {
    const hex = bytes.toString('hex');
    for (const text of [hex, hex.toUpperCase(), bytes.toString('base64')]) {
      expect(Buffer.from(pseudonymKey(text).key)).toEqual(bytes);
    }
  });

  it('may be plain text of 32 characters, digested to a key of 32 bytes', () => {
    const text = 'a horse, a staple, a battery and more';
    expect(secretProblem(text)).toBeNull();
    expect(pseudonymKey(text).key).toHaveLength(32);
  });

  it.each([
    ['short', 'at least 32 bytes'],
    ['0'.repeat(64), 'too few characters'],
    ['', 'at least 32 bytes'],
  ])('such as %j is refused', (text, reason) => {
    expect(secretProblem(text)).toContain(reason);
  });

  it('is good and new each time when it is generated', () => {
    const [one, other] = [generateSecret(), generateSecret()];
    expect(secretProblem(one)).toBeNull();
    expect(one).not.toBe(other);
  });

  it('has a version that gives nothing of it away', () => {
    const { keyVersion } = pseudonymKey(bytes.toString('hex'));
    expect(keyVersion).toMatch(/^[0-9a-f]{8}$/);
    expect(bytes.toString('hex')).not.toContain(keyVersion);
  });
});

describe('a secret', () => {
  it.each([
    ['a word over and over', 'changeme-changeme-changeme-changeme'],
    ['one character', 'x'.repeat(64)],
    ['a short pattern', 'ab12cd34'.repeat(8)],
    ['two patterns', 'ab12'.repeat(8) + 'cdef34567890'.repeat(3)],
    ['the digits in order', '01234567890123456789012345678901'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['the alphabet backwards', 'zyxwvutsrqponmlkjihgfedcba9876543210'],
    ['31 good characters', generateSecret().slice(0, 31)],
    ['nothing', ''],
  ])('is refused when it is %s', (_what, text) => {
    expect(secretProblem(text)).toMatch(/must have at least|repeats|follows/);
  });

  it.each([
    ['32 characters of base64', 'q8Zr1vXbL0tNf3KpYw7sHc2JmDgU5eAo'],
    ['a long sentence', 'seven tired owls counted the trams at dusk'],
    ['letters of another alphabet', 'жёлтый верблюд пьёт чай под мостом у реки'],
  ])('may be %s', (_what, text) => {
    expect(secretProblem(text)).toBeNull();
  });

  it('that this program makes is always taken', () => {
    for (let nth = 0; nth < 2_000; nth += 1) expect(secretProblem(generateSecret())).toBeNull();
  });
});

/** Generates and validates secrets, and derives keys from them. */

import { createHash, createHmac, randomBytes } from 'node:crypto';

import type { PseudonymKey } from './pseudonym.js';

const MIN_BYTES = 32;
const MIN_TEXT_LENGTH = 32;
const MIN_DISTINCT_CHARACTERS = 8;
/** Of random texts of 64 hexadecimal digits, 99.99 % have more than 0.9 and less than 0.4 of these. */
const MIN_DISTINCT_TRIPLES = 0.6;
const MAX_SEQUENCE_SHARE = 0.5;

/** A new secret: 32 random bytes in hexadecimal. */
export function generateSecret(): string {
  return randomBytes(MIN_BYTES).toString('hex');
}

/** The problem with a secret, as the end of a sentence that begins with its name; null for a valid secret. */
export function secretProblem(text: string): string | null {
  if (text.length < MIN_TEXT_LENGTH) {
    return `must have at least 32 bytes: 64 hexadecimal digits, 44 characters of base64, or 32 characters of text`;
  }
  if (new Set(text).size < MIN_DISTINCT_CHARACTERS) return 'repeats too few characters to be a secret';
  if (distinctTriples(text) < MIN_DISTINCT_TRIPLES * (text.length - 2))
    return 'repeats a pattern, so that it can be guessed';
  if (sequenceShare(text) > MAX_SEQUENCE_SHARE)
    return 'follows the alphabet or the digits, so that it can be guessed';
  return null;
}

/** Number of distinct substrings of three characters. */
function distinctTriples(text: string): number {
  const found = new Set<string>();
  for (let start = 0; start + 3 <= text.length; start += 1) found.add(text.slice(start, start + 3));
  return found.size;
}

/** Share of characters whose code differs by at most 1 from the preceding character. */
function sequenceShare(text: string): number {
  let count = 0;
  for (let place = 1; place < text.length; place += 1)
    if (Math.abs(text.charCodeAt(place) - text.charCodeAt(place - 1)) <= 1) count += 1;
  return count / (text.length - 1);
}

/** Derives the pseudonym key from a secret. Its version is the start of an HMAC, which does not reveal the key. */
export function pseudonymKey(secret: string): PseudonymKey {
  const key = toBytes(secret);
  const keyVersion = createHmac('sha256', key).update('smartpersona key version').digest('hex').slice(0, 8);
  return { key, keyVersion };
}

/** Decodes hexadecimal and base64 of 32 bytes or more; hashes any different text to 32 bytes. */
function toBytes(secret: string): Uint8Array {
  if (/^([0-9a-f]{2})+$/i.test(secret) && secret.length >= 2 * MIN_BYTES) return Buffer.from(secret, 'hex');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(secret) && secret.length % 4 === 0) {
    const bytes = Buffer.from(secret, 'base64');
    if (bytes.length >= MIN_BYTES) return bytes;
  }
  return createHash('sha256').update(secret, 'utf8').digest();
}

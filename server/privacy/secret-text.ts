/** Secrets as an operator writes them down, and as the program uses them. */

import { createHash, createHmac, randomBytes } from 'node:crypto';

import type { PseudonymKey } from './pseudonym.js';

const MIN_BYTES = 32;
/** A secret in plain words or characters carries less per character than hexadecimal or base64. */
const MIN_TEXT_LENGTH = 32;
const MIN_DISTINCT_CHARACTERS = 8;

/** A new secret: 32 random bytes in hexadecimal. */
export function generateSecret(): string {
  return randomBytes(MIN_BYTES).toString('hex');
}

/** What is wrong with a secret, as the end of a sentence that begins with its name; null when it is good. */
export function secretProblem(text: string): string | null {
  if (text.length < MIN_TEXT_LENGTH) {
    return `must have at least 32 bytes: 64 hexadecimal digits, 44 characters of base64, or 32 characters of text`;
  }
  if (new Set(text).size < MIN_DISTINCT_CHARACTERS) return 'repeats too few characters to be a secret';
  return null;
}

/** The key of the pseudonyms behind a secret. Its version is the start of a digest that gives nothing away. */
export function pseudonymKey(secret: string): PseudonymKey {
  const key = toBytes(secret);
  const keyVersion = createHmac('sha256', key).update('smartpersona key version').digest('hex').slice(0, 8);
  return { key, keyVersion };
}

/** Hexadecimal and base64 of 32 bytes or more are read as such; any other text is digested to 32 bytes. */
function toBytes(secret: string): Uint8Array {
  if (/^([0-9a-f]{2})+$/i.test(secret) && secret.length >= 2 * MIN_BYTES) return Buffer.from(secret, 'hex');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(secret) && secret.length % 4 === 0) {
    const bytes = Buffer.from(secret, 'base64');
    if (bytes.length >= MIN_BYTES) return bytes;
  }
  return createHash('sha256').update(secret, 'utf8').digest();
}

/**
 * Pseudonyms: HMAC-SHA-256 of the raw id under a key that is kept outside the database. A plain hash would not do:
 * ids are short, and every hash of a seven-digit number is computed in seconds.
 */

import { createHmac } from 'node:crypto';

export interface PseudonymKey {
  /** At least 32 bytes. */
  readonly key: Uint8Array;
  /** Tells keys apart without telling anything of them. */
  readonly keyVersion: string;
}

export interface Pseudonymizer {
  /** 64 hexadecimal digits, the same for the same raw id and key; space around an id is no part of it. */
  pseudonymize(rawId: string): string;
  readonly keyVersion: string;
}

export function createPseudonymizer({ key, keyVersion }: PseudonymKey): Pseudonymizer {
  return {
    pseudonymize: (rawId) => createHmac('sha256', key).update(rawId.trim(), 'utf8').digest('hex'),
    keyVersion,
  };
}

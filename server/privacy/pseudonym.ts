/**
 * Pseudonyms: HMAC-SHA-256 of the raw id under a key that is kept outside the database. A plain hash would not suffice:
 * ids are short, and the hashes of all seven-digit numbers can be computed in seconds.
 */

import { createHmac } from 'node:crypto';

export interface PseudonymKey {
  /** At least 32 bytes. */
  readonly key: Uint8Array;
  /** Identifies the key without revealing any of it. */
  readonly keyVersion: string;
}

export interface Pseudonymizer {
  /** 64 hexadecimal digits, deterministic for a raw id and key; white space around the id is ignored. */
  pseudonymize(rawId: string): string;
  readonly keyVersion: string;
}

export function createPseudonymizer({ key, keyVersion }: PseudonymKey): Pseudonymizer {
  return {
    pseudonymize: (rawId) => createHmac('sha256', key).update(rawId.trim(), 'utf8').digest('hex'),
    keyVersion,
  };
}

/**
 * Opaque cursors: base64url of a versioned payload with the listing (and a digest of its filter) it was made for, so
 * that a cursor of a different listing is refused instead of paging from a wrong row. Cursors stay valid across
 * restarts.
 */

import { createHash } from 'node:crypto';

import { InvalidCursorError } from '../domain/index.js';

const VERSION = 1;
const MAX_LENGTH = 1_024;

/** A listing: its name and its filter (null values are left out). */
export interface Listing {
  readonly name: string;
  readonly filter?: Readonly<Record<string, string | null | undefined>>;
}

/** The cursor of the row with this key. */
export function encodeCursor(listing: Listing, key: string): string {
  return Buffer.from(JSON.stringify([VERSION, listing.name, digest(listing), key])).toString('base64url');
}

/** The key in a cursor of this listing; null without a cursor. Throws InvalidCursorError. */
export function decodeCursor(listing: Listing, cursor: string | null | undefined): string | null {
  if (cursor == null) return null;
  const payload = parse(cursor);
  if (payload === null) throw new InvalidCursorError('This is not a cursor of this server.');
  const [name, filterDigest, key] = payload;
  if (name !== listing.name) {
    throw new InvalidCursorError(`This cursor belongs to "${name}", not to "${listing.name}".`);
  }
  if (filterDigest !== digest(listing)) {
    throw new InvalidCursorError(`This cursor belongs to "${name}" with another filter.`);
  }
  return key;
}

function digest({ filter = {} }: Listing): string {
  const entries = Object.entries(filter).filter(([, value]) => value != null);
  if (entries.length === 0) return '';
  return createHash('sha256').update(JSON.stringify(entries.sort())).digest('base64url').slice(0, 10);
}

function parse(cursor: string): [name: string, filterDigest: string, key: string] | null {
  if (cursor.length > MAX_LENGTH || !/^[\w-]+$/.test(cursor)) return null;
  try {
    const payload: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(payload) || payload.length !== 4 || payload[0] !== VERSION) return null;
    const [, name, filterDigest, key] = payload as unknown[];
    if (typeof name !== 'string' || typeof filterDigest !== 'string' || typeof key !== 'string') return null;
    // The name is echoed in an error message, so only names in the form of a listing's are accepted.
    return /^\w{1,64}$/.test(name) ? [name, filterDigest, key] : null;
  } catch {
    return null;
  }
}

/** Accounts of administrators and viewers, their sessions, and the links that set their passwords. */

import type { Role } from './viewer.js';

/** Roles of accounts: a viewer reads what an admin reads and changes nothing. */
export type AccountRole = Extract<Role, 'viewer' | 'admin'>;

export const ACCOUNT_ROLES: readonly AccountRole[] = ['viewer', 'admin'];

export const MIN_PASSWORD_CHARACTERS = 12;
export const MAX_PASSWORD_CHARACTERS = 200;
export const MAX_ACCOUNT_NAME_CHARACTERS = 64;

/** Instants are milliseconds since the epoch. */
export interface Account {
  /** As entered; unique without regard to case, see `accountKey`. */
  readonly name: string;
  readonly role: AccountRole;
  /** Null until the password is set with an invitation. */
  readonly passwordHash: string | null;
  readonly createdAt: number;
  /** Sessions that began earlier have ended; null without a password. */
  readonly passwordChangedAt: number | null;
  readonly lastSignInAt: number | null;
}

/** A signed-in browser. Only a hash of its id is stored. */
export interface AccountSession {
  /** SHA-256 of the id in the cookie, in hexadecimal. */
  readonly idHash: string;
  /** The key of the account, see `accountKey`. */
  readonly account: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A link, valid once, that sets the password of an account. Only a hash of its code is stored. */
export interface Invitation {
  /** SHA-256 of the code, in hexadecimal. */
  readonly codeHash: string;
  /** The key of the account; null for the first administrator, who chooses a name. */
  readonly account: string | null;
  readonly expiresAt: number;
}

/** Equal for names that differ in case or in the encoding of their characters only. */
export function accountKey(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}

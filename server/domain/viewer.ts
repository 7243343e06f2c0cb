/**
 * The caller of a request. A guest, a visitor with a publishable key, reads its own lists and records its own events; a
 * user acts only on its own data; a viewer reads all data; an admin may change them.
 */

export type Role = 'anonymous' | 'guest' | 'user' | 'viewer' | 'admin';

/** The roles of tokens. */
export type TokenRole = Exclude<Role, 'anonymous' | 'guest'>;

/** Roles that may read the data of every user. */
export function isStaff(role: Role): boolean {
  return role === 'viewer' || role === 'admin';
}

export interface Viewer {
  readonly role: Role;
  /** The pseudonym of the token or session; null for admins and viewers without a user, and for anonymous callers. */
  readonly userId: string | null;
}

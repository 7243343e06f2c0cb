/** The caller of a request. A user acts only on its own data; an admin may name any user. */

export type Role = 'anonymous' | 'user' | 'admin';

export interface Viewer {
  readonly role: Role;
  /** The pseudonym in the token; null for admins without a user and for anonymous callers. */
  readonly userId: string | null;
}

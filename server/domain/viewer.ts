/** Who asks. A user acts for itself only; an admin may name any user. */

export type Role = 'anonymous' | 'user' | 'admin';

export interface Viewer {
  readonly role: Role;
  /** The pseudonym a user token stands for; null for admins without one and for anonymous callers. */
  readonly userId: string | null;
}

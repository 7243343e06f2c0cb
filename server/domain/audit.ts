/** The audit log: who changed what, and how it ended. */

/** What an entry is about. */
export type AuditAction =
  | 'activate-model'
  | 'roll-back'
  | 'retrain'
  | 'cancel-training'
  | 'rename-persona'
  | 'acknowledge-alert'
  | 'change-thresholds'
  | 'import'
  | 'export-user'
  | 'erase-user'
  | 'create-token'
  | 'revoke-token'
  | 'create-key'
  | 'revoke-key'
  | 'create-webhook'
  | 'delete-webhook'
  | 'sign-in'
  | 'create-account'
  | 'invite-account'
  | 'set-password'
  | 'change-role'
  | 'delete-account';

/**
 * Who acted: an account or a command by its name, a token by its id (null if it has none), a user on its own data, or
 * nobody who is known, such as a failed sign-in.
 */
export type AuditActor =
  | { readonly kind: 'account' | 'command'; readonly name: string }
  | { readonly kind: 'token'; readonly name: string | null }
  | { readonly kind: 'user' | 'unknown'; readonly name: null };

/** `refused`: by a rule of the product. `failed`: by an unexpected error. */
export type AuditOutcome = 'done' | 'refused' | 'failed';

export interface AuditEntry {
  /** Later entries have greater ids. */
  readonly entryId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** A version, a name, an id or a pseudonym, never a raw id; null if there is none, or its user was erased. */
  readonly target: string | null;
  readonly outcome: AuditOutcome;
}

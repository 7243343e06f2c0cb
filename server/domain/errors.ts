/** Error classes, one per reason. Callers match on `code`, which is stable. */

export abstract class SmartPersonaError extends Error {
  /** Stable, SCREAMING_SNAKE_CASE, never reused for another reason. */
  abstract readonly code: string;
  /** True when the same call may succeed later without a change by the caller. */
  readonly isRetriable: boolean = false;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Invalid input; `field` names the offending part. */
export class InvalidInputError extends SmartPersonaError {
  readonly code = 'INVALID_INPUT';
  constructor(
    message: string,
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

/** A cursor of a different listing; the message names where it belongs. */
export class InvalidCursorError extends SmartPersonaError {
  readonly code = 'INVALID_CURSOR';
}

export class ItemNotFoundError extends SmartPersonaError {
  readonly code = 'ITEM_NOT_FOUND';
  constructor(readonly itemId: string) {
    super(`No item has the id "${itemId}". Import it first, or check the id.`);
  }
}

export class PersonaNotFoundError extends SmartPersonaError {
  readonly code = 'PERSONA_NOT_FOUND';
  constructor(readonly personaId: string) {
    super(`No persona has the id "${personaId}" in the active model.`);
  }
}

export class ModelNotFoundError extends SmartPersonaError {
  readonly code = 'MODEL_NOT_FOUND';
  constructor(readonly version: number) {
    super(`There is no model version ${version}.`);
  }
}

/** A stored model part is missing, truncated or does not match its header. */
export class CorruptModelError extends SmartPersonaError {
  readonly code = 'CORRUPT_MODEL';
  constructor(
    readonly version: number,
    readonly part: string,
    detail: string,
  ) {
    super(`Model version ${version} cannot be read: part "${part}" ${detail}.`);
  }
}

/** Nothing has been trained yet. */
export class NoActiveModelError extends SmartPersonaError {
  readonly code = 'NO_ACTIVE_MODEL';
  override readonly isRetriable = true;
  constructor() {
    super('No model is active yet. Import data and run a retrain first.');
  }
}

/** The job is already running; `owner` is the instance that runs it. */
export class AlreadyRunningError extends SmartPersonaError {
  readonly code = 'ALREADY_RUNNING';
  override readonly isRetriable = true;
  constructor(
    readonly job: string,
    readonly owner: string,
    readonly since: number,
    /** When its lease expires unless renewed; null if unknown. */
    readonly until: number | null = null,
  ) {
    const end =
      until === null ? '' : `; its lease ends at ${new Date(until).toISOString()} unless it is renewed`;
    super(`${job} is already being run by ${owner} since ${new Date(since).toISOString()}${end}.`);
  }
}

/** The lease expired while its owner worked; publishing was refused. */
export class LeaseLostError extends SmartPersonaError {
  readonly code = 'LEASE_LOST';
  constructor(readonly job: string) {
    super(`The lease for ${job} expired and another run may have taken it; nothing was published.`);
  }
}

export class CancelledError extends SmartPersonaError {
  readonly code = 'CANCELLED';
  constructor(readonly job: string) {
    super(`${job} was cancelled; nothing was published.`);
  }
}

/** The database does not answer. */
export class DatabaseUnavailableError extends SmartPersonaError {
  readonly code = 'DATABASE_UNAVAILABLE';
  override readonly isRetriable = true;
  constructor(options?: { cause?: unknown }) {
    super(
      'The database does not answer. The request may have been carried out; send the same again in a moment.',
      options,
    );
  }
}

/** The data do not suffice for the requested operation; the message names the missing part. */
export class InsufficientDataError extends SmartPersonaError {
  readonly code = 'INSUFFICIENT_DATA';
}

export class UnauthenticatedError extends SmartPersonaError {
  readonly code = 'UNAUTHENTICATED';
}

export class ForbiddenError extends SmartPersonaError {
  readonly code = 'FORBIDDEN';
}

/** Per-user rows, withheld while differential privacy is on; the message says how to obtain them. */
export class WithheldError extends SmartPersonaError {
  readonly code = 'WITHHELD';
}

/** The name of a new account is in use. */
export class AccountExistsError extends SmartPersonaError {
  readonly code = 'ACCOUNT_EXISTS';
  constructor(readonly account: string) {
    super(`There is already an account named "${account}".`);
  }
}

export class AccountNotFoundError extends SmartPersonaError {
  readonly code = 'ACCOUNT_NOT_FOUND';
  constructor(readonly account: string) {
    super(`There is no account named "${account}".`);
  }
}

/** Without this account nobody could administer the installation. */
export class LastAdminError extends SmartPersonaError {
  readonly code = 'LAST_ADMIN';
  constructor(readonly account: string) {
    super(
      `"${account}" is the last administrator with a password. Make another account an administrator first.`,
    );
  }
}

/** The link was used, has expired, or was replaced by a newer link. */
export class InvitationInvalidError extends SmartPersonaError {
  readonly code = 'INVITATION_INVALID';
  constructor() {
    super('This link is not valid: it was used, has expired, or was replaced by a newer one.');
  }
}

/** The name or the password of a sign-in is wrong; which of the two is not told. */
export class WrongPasswordError extends SmartPersonaError {
  readonly code = 'WRONG_PASSWORD';
  constructor() {
    super('The name or the password is wrong.');
  }
}

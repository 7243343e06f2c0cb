/**
 * Named failures of the numerical core. `code` is stable, for callers to match on; the folder imports nothing of the
 * domain, so callers translate these into the product's own errors.
 */

type LearningErrorCode = 'NOT_FINITE' | 'INSUFFICIENT_DATA' | 'INVALID_SHAPE' | 'INVALID_MODEL';

abstract class LearningError extends Error {
  abstract readonly code: LearningErrorCode;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** NaN or infinity where a finite number is needed; the message names the place. */
export class NotFiniteError extends LearningError {
  readonly code = 'NOT_FINITE';
}

/** The data cannot give the requested result, such as a cluster from no rows. */
export class InsufficientDataError extends LearningError {
  readonly code = 'INSUFFICIENT_DATA';
}

/** Arrays of inconsistent lengths, or an option out of range. */
export class InvalidShapeError extends LearningError {
  readonly code = 'INVALID_SHAPE';
}

/** A stored model that cannot be read. */
export class InvalidModelError extends LearningError {
  readonly code = 'INVALID_MODEL';
}

/** Reports a fatal error and exits. */

import { SmartPersonaError } from '../domain/index.js';
import { fileProblem, isSystemError } from '../ingest/index.js';

import { EXIT, UsageError } from './options.js';

/**
 * Prints the message of an expected error, such as a file that cannot be opened, and the stack of an unexpected error,
 * which is a defect.
 */
export function fail(cause: unknown): never {
  const error = isSystemError(cause) && cause.path !== undefined ? fileProblem(cause.path, cause) : cause;
  const isExpected = error instanceof SmartPersonaError;
  const text = isExpected
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof UsageError ? EXIT.wrongUsage : EXIT.failed);
}

/** Reports a fatal error and exits. */

import { SmartPersonaError } from '../domain/index.js';

import { EXIT, UsageError } from './options.js';

/** Prints the message of an expected error, and the stack of an unexpected error, which is a defect. */
export function fail(error: unknown): never {
  const isExpected = error instanceof SmartPersonaError;
  const text = isExpected
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof UsageError ? EXIT.wrongUsage : EXIT.failed);
}

/** The last word of a program that cannot go on. */

import { SmartPersonaError } from '../domain/index.js';

import { EXIT, UsageError } from './options.js';

/** Expected failures are told in their own words; anything else with its stack, since it is a defect. */
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

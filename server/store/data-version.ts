/** The version of the stored data, and the error for data of a later release. */

import { SmartPersonaError } from '../domain/index.js';

/** Version of the data that this release reads and writes. Each migration raises it by one. */
export const DATA_VERSION = 1;

/** Stored data whose version this program does not serve; the message says what to do. */
export class DataVersionError extends SmartPersonaError {
  readonly code = 'DATA_VERSION';
}

/** Throws DataVersionError if a later release wrote the data. */
export function requireKnownVersion(stored: number): void {
  if (stored <= DATA_VERSION) return;
  throw new DataVersionError(
    `The stored data have version ${stored}, and this release of SmartPersona knows versions up to ${DATA_VERSION}: ` +
      'start the release that wrote them, or restore a backup.',
  );
}

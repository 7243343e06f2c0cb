/** Why no database could be opened. */

import { SmartPersonaError } from '../domain/index.js';

/** The database that MONGODB_URI names does not answer; the message holds no credentials. */
export class DatabaseUriError extends SmartPersonaError {
  readonly code = 'DATABASE_URI_FAILED';
  override readonly isRetriable = true;
  constructor(place: string, reason: string) {
    super(
      `MONGODB_URI names a database that cannot be used: ${place}: ${reason}\n` +
        'Check the address, the account and that the server runs, or unset MONGODB_URI for an embedded database.',
    );
  }
}

/** None of the ways to a database works here; the message says for each what it would need. */
export class NoDatabaseError extends SmartPersonaError {
  readonly code = 'NO_DATABASE';
  constructor(
    failures: readonly { readonly way: string; readonly needs: string; readonly reason: string }[],
  ) {
    super(
      'No database could be started. Any one of these would do:\n' +
        '  - MONGODB_URI: set it to a MongoDB server, best a replica set (it is not set)\n' +
        failures.map(({ way, needs, reason }) => `  - ${way}: ${needs} (${reason})`).join('\n'),
    );
  }
}

/** Another server uses this data folder. */
export class DataFolderInUseError extends SmartPersonaError {
  readonly code = 'DATA_FOLDER_IN_USE';
  constructor(dataDir: string, pid: number) {
    super(
      `The data folder ${dataDir} is in use by another SmartPersona server, process ${pid}.\n` +
        `Stop that one (kill ${pid}), or set SMARTPERSONA_DATA_DIR to another folder.` +
        ' To run several servers on the same data, give all of them a MONGODB_URI.',
    );
  }
}

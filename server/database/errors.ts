/** Errors of opening or building a database. */

import { SmartPersonaError } from '../domain/index.js';

/** The database at MONGODB_URI does not answer; the message contains no credentials. */
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

/** No kind of database can be started here; the message lists what each kind needs. */
export class NoDatabaseError extends SmartPersonaError {
  readonly code = 'NO_DATABASE';
  constructor(
    failures: readonly { readonly kind: string; readonly needs: string; readonly reason: string }[],
  ) {
    super(
      'No database could be started. Any of these is enough:\n' +
        '  - MONGODB_URI: set it to a MongoDB server, best a replica set (it is not set)\n' +
        failures.map(({ kind, needs, reason }) => `  - ${kind}: ${needs} (${reason})`).join('\n'),
    );
  }
}

/** A second server already uses this data folder. */
export class DataFolderInUseError extends SmartPersonaError {
  readonly code = 'DATA_FOLDER_IN_USE';
  constructor(dataDir: string, pid: number) {
    super(
      `The data folder ${dataDir} is in use by another SmartPersona server, process ${pid}.\n` +
        `Stop it (kill ${pid}), or set SMARTPERSONA_DATA_DIR to another folder.` +
        ' To run several servers on the same data, give all of them a MONGODB_URI.',
    );
  }
}

/** The program that builds the fast database is not on PATH. */
export class CargoMissingError extends SmartPersonaError {
  readonly code = 'CARGO_MISSING';
  constructor() {
    super(
      'The fast database server is built with cargo, and no `cargo` is on PATH.\n' +
        'Install Rust (https://rustup.rs), a C compiler and cmake, and run `npm run database` again.' +
        ' Without it, the server in Python is used.',
    );
  }
}

/** The fast database could not be built; the message contains the reason, such as cargo's last output. */
export class BuildFailedError extends SmartPersonaError {
  readonly code = 'DATABASE_BUILD_FAILED';
  constructor(reason: string) {
    super(
      `The fast database server was not built: ${reason}\n` +
        'It needs Rust 1.95 or newer, a C compiler, cmake and access to crates.io.',
    );
  }
}

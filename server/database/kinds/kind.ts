/** A kind of embedded database: a value that describes how to obtain its program and how to run it. */

import type { ServerProgram } from '../server-program.js';

/** Folders in which programs are searched and installed. */
export interface ProgramPlaces {
  /** Absolute. */
  readonly dataDir: string;
  /** Folders with programs, as in PATH. */
  readonly programPath: string;
  /** Folder in which this product installs programs, see `cacheFolder`; `dataDir` is the fallback if it is not writable. */
  readonly cacheDir: string;
}

export interface EmbeddedKind {
  readonly kind: 'mongod' | 'memory-server' | 'secantusd-rs' | 'secantusdb';
  /** For people: the program, and advice about its use. */
  readonly label: string;
  /** Its requirements, for the error message that lists all kinds. */
  readonly needs: string;
  /** Its folder within the data folder. Kinds that share a folder read each other's files. */
  readonly folder: string;
  /** Retention of its oplog; null if this product does not set it. */
  readonly oplogRetentionSeconds: number | null;
  /** True: it has an account, see account.ts, and `program` takes `hasAuth`. */
  readonly hasAccount: boolean;
  /** Advice printed at the start of a server that uses this kind; null for none. */
  readonly hint: string | null;
  /** Resolves with the path of the program: found, downloaded or installed. Rejects with the missing requirement. */
  obtain(places: ProgramPlaces, onProgress: (message: string) => void): Promise<string>;
  /** How to run it on the data folder. `hasAuth`: it accepts commands of its account only. */
  program(command: string, dataDir: string, options?: { readonly hasAuth?: boolean }): ServerProgram;
}

/** What a kind of embedded database is: a value that says how to get its program and how to run it. */

import type { ServerProgram } from '../server-program.js';

/** Where programs are looked for and installed. */
export interface ProgramPlaces {
  /** Absolute. */
  readonly dataDir: string;
  /** Folders with programs, as in PATH. */
  readonly programPath: string;
  /** Where this product installs programs, see `cacheFolder`; a user without a home has them in `dataDir`. */
  readonly cacheDir: string;
}

export interface EmbeddedKind {
  readonly kind: 'mongod' | 'memory-server' | 'secantusd-rs' | 'secantusdb';
  /** For people: the program, and what they should know of it. */
  readonly label: string;
  /** What it needs, for the message that lists all kinds when none works. */
  readonly needs: string;
  /** Its files are here in the data folder. Kinds that share a folder read each other's files. */
  readonly folder: string;
  /** How long its oplog keeps an entry; null where this product does not decide it. */
  readonly oplogRetentionSeconds: number | null;
  /** True: it has an account, see account.ts, and `program` takes `hasAuth`. */
  readonly hasAccount: boolean;
  /** Printed after a server took it; null for nothing. */
  readonly hint: string | null;
  /** Resolves with the path of the program: found, downloaded or installed. Rejects with what is missing. */
  obtain(places: ProgramPlaces, onProgress: (message: string) => void): Promise<string>;
  /** How to run it on the data folder. `hasAuth`: it takes commands of its account only. */
  program(command: string, dataDir: string, options?: { readonly hasAuth?: boolean }): ServerProgram;
}

/** A step from one version of the stored data to the next. */

import type { mongo } from 'mongoose';

export interface MigrationContext {
  readonly db: mongo.Db;
  /** Aborted when the lease is lost or the program ends; check it between documents. */
  readonly signal: AbortSignal;
  /** Share of the work done, 0..1. */
  readonly onProgress: (fraction: number) => void;
}

export interface Migration {
  /** Version of the data after it. */
  readonly version: number;
  readonly name: string;
  /** May be interrupted after any write: a repetition skips what is done and completes the rest. */
  run(context: MigrationContext): Promise<void>;
}

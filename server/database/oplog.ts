/**
 * Prunes the oplog of an embedded SecantusDB to its retention. The server itself prunes only after a thousand writes, so
 * with few writes, entries that name an erased user would stay too long.
 */

import type { Logger } from '../domain/index.js';
import { adminCommand } from '../store/mongo/index.js';

const PRUNE_EVERY_MS = 300_000;
const TIMEOUT_MS = 10_000;

/** Maximum age of an entry for a given retention, while a server runs. */
export function oplogKeptMs(retentionSeconds: number): number {
  return retentionSeconds * 1_000 + PRUNE_EVERY_MS;
}

/** Removes the entries older than the retention. Rejects with the driver's error. */
export async function pruneOplog(uri: string): Promise<void> {
  await adminCommand(uri, { 'secantusAdmin.pruneOplog': 1 }, TIMEOUT_MS);
}

/** Prunes immediately, for the time without a server, and every five minutes. The returned function stops it. */
export function keepOplogShort(uri: string, log: Logger): () => void {
  const prune = () => {
    pruneOplog(uri).catch((error: unknown) =>
      log.warn({ err: error }, 'pruning the oplog failed; retrying in five minutes'),
    );
  };
  prune();
  const timer = setInterval(prune, PRUNE_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

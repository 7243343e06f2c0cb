/**
 * Keeps the oplog of an embedded SecantusDB as short as its retention says. The server prunes on its own only after a
 * thousand writes, so entries that name an erased user would stay while there are few writes.
 */

import type { Logger } from '../domain/index.js';
import { adminCommand } from '../store/mongo/index.js';

const PRUNE_EVERY_MS = 300_000;
const TIMEOUT_MS = 10_000;

/** The longest an entry stays after it was written, while a server runs, for a retention. */
export function oplogKeptMs(retentionSeconds: number): number {
  return retentionSeconds * 1_000 + PRUNE_EVERY_MS;
}

/** Removes the entries older than the retention. Rejects with the driver's error. */
export async function pruneOplog(uri: string): Promise<void> {
  await adminCommand(uri, { 'secantusAdmin.pruneOplog': 1 }, TIMEOUT_MS);
}

/** Prunes at once, for the time while no server ran, and every five minutes. The returned function ends it. */
export function keepOplogShort(uri: string, log: Logger): () => void {
  const prune = () => {
    pruneOplog(uri).catch((error: unknown) =>
      log.warn({ err: error }, 'the oplog was not pruned; the next try is in five minutes'),
    );
  };
  prune();
  const timer = setInterval(prune, PRUNE_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Writes all stored data to a file, while servers may run. */

import type { RawDatabase } from '../../store/mongo/index.js';

import { createArchive, type ArchiveEnd, type ArchiveHeader } from './archive.js';

const PROGRESS_EVERY = 200;

interface BackupOptions {
  readonly raw: RawDatabase;
  readonly path: string;
  readonly header: Omit<ArchiveHeader, 'format'>;
  /** `fraction` 0..1. */
  readonly onProgress: (fraction: number, collection: string) => void;
}

/**
 * Contains everything acknowledged before it began, and possibly parts of what was written meanwhile, which a restore
 * completes. Users that are erased meanwhile are listed in the file. Removes the file after an error.
 */
export async function writeBackup({
  raw,
  path,
  header,
  onProgress,
}: BackupOptions): Promise<{ bytes: number; end: ArchiveEnd }> {
  const archive = await createArchive(path, header);
  try {
    const erased = new Set<string>();
    for await (const userId of raw.userIds()) erased.add(userId);
    const names = await raw.collections();
    const counts = await Promise.all(names.map((name) => raw.estimateCount(name)));
    const total = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
    let nDone = 0;
    for (const name of names) {
      await archive.beginCollection(name);
      for await (const document of raw.read(name)) {
        await archive.write(document);
        nDone += 1;
        if (nDone % PROGRESS_EVERY === 0) onProgress(Math.min(1, nDone / total), name);
      }
    }
    for await (const userId of raw.userIds()) erased.delete(userId);
    return await archive.end([...erased]);
  } catch (error) {
    archive.abandon();
    throw error;
  }
}

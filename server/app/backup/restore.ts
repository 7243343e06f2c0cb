/** Replaces the stored data by those of a backup. */

import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createPseudonymizer, pseudonymKey } from '../../privacy/index.js';
import { DATA_VERSION } from '../../store/index.js';
import type { RawDatabase } from '../../store/mongo/index.js';
import { readSecret } from '../secret-file.js';

import { BackupError, readArchive, type ArchiveEnd, type ArchiveHeader } from './archive.js';

const BATCH_DOCUMENTS = 500;
const BATCH_BYTES = 4 * 1024 ** 2;
/** Thumbs this long before the backup may have been applied while it was written. */
const APPLIED_WITHIN_MS = 3_600_000;

export interface CheckedBackup {
  readonly header: ArchiveHeader;
  readonly end: ArchiveEnd;
}

/** Reads the whole file and compares its checksums. Throws BackupError; nothing is written. */
export async function checkBackup(
  path: string,
  onProgress: (fraction: number) => void,
): Promise<CheckedBackup> {
  let header: ArchiveHeader | null = null;
  let end: ArchiveEnd | null = null;
  for await (const part of readArchive(path, onProgress)) {
    if (part.kind === 'header') header = part.header;
    if (part.kind === 'end') end = part.end;
  }
  const { dataVersion } = header!;
  if (dataVersion > DATA_VERSION)
    throw new BackupError(
      `The backup has data of version ${dataVersion}, and this release knows versions up to ${DATA_VERSION}.`,
    );
  return { header: header!, end: end! };
}

/**
 * The pepper to store in the data folder; null if the right one is in place. Throws BackupError if it is missing, or
 * would replace another one without `mayReplace`.
 */
export function pepperToStore(
  { keyVersion, pepper }: ArchiveHeader,
  { dataDir, given, mayReplace }: { dataDir: string; given: string | undefined; mayReplace: boolean },
): string | null {
  if (keyVersion === null) return null;
  const isRight = (one: string) => createPseudonymizer(pseudonymKey(one)).keyVersion === keyVersion;
  if (given !== undefined) {
    if (isRight(given)) return null;
    throw new BackupError(
      'SMARTPERSONA_PEPPER is not the pepper of the backup: set the right one, or unset it.',
    );
  }
  const stored = readSecret(dataDir, 'pepper');
  if (stored !== null && isRight(stored)) return null;
  if (pepper === null || !isRight(pepper))
    throw new BackupError(
      `The backup does not contain its pepper (key version ${keyVersion}): set SMARTPERSONA_PEPPER, or restore ${join(dataDir, 'pepper')}, first.`,
    );
  if (stored !== null && !mayReplace)
    throw new BackupError(
      `${join(dataDir, 'pepper')} differs from the pepper of the backup; --replace replaces it.`,
    );
  return pepper;
}

/** Replaces the file; the earlier one stays beside it. */
export function storePepper(dataDir: string, pepper: string): void {
  const path = join(dataDir, 'pepper');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.restore`;
  writeFileSync(draft, `${pepper}\n`, { mode: 0o600 });
  if (readSecret(dataDir, 'pepper') !== null) {
    rmSync(`${path}.before-restore`, { force: true });
    linkSync(path, `${path}.before-restore`);
  }
  renameSync(draft, path);
}

/**
 * Loads the documents beside the stored data, compares their counts, and then swaps. An error before the swap leaves the
 * stored data as they were. `onLoaded` is called between the two.
 */
export async function loadBackup(
  raw: RawDatabase,
  path: string,
  {
    checked,
    onProgress,
    onLoaded,
  }: { checked: CheckedBackup; onProgress: (fraction: number) => void; onLoaded: () => void },
): Promise<void> {
  const { collections } = checked.end;
  await raw.dropStaged();
  try {
    let batch: Uint8Array[] = [];
    let [collection, nBytes] = ['', 0];
    const flush = async () => {
      await raw.stage(collection, batch);
      [batch, nBytes] = [[], 0];
    };
    for await (const part of readArchive(path, onProgress)) {
      if (part.kind !== 'document') continue;
      const isFull = batch.length >= BATCH_DOCUMENTS || nBytes >= BATCH_BYTES;
      if (isFull || part.collection !== collection) await flush();
      collection = part.collection;
      batch.push(part.bytes);
      nBytes += part.bytes.byteLength;
    }
    await flush();
    for (const [name, { count }] of Object.entries(collections)) {
      const staged = await raw.countStaged(name);
      if (staged !== count)
        throw new BackupError(`${name} has ${staged} documents after loading, not ${count}.`);
    }
    onLoaded();
  } catch (error) {
    await raw.dropStaged().catch(() => undefined);
    throw error;
  }
  await raw.swapStaged(Object.keys(collections), {
    recordedAfter: checked.header.startedAt - APPLIED_WITHIN_MS,
  });
}

/** Files for the readers' tests, in a folder that goes away with the test. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach } from 'vitest';

import type { ReadBatch, Reject } from '../../server/ingest/index.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ingest-'));
  folders.push(folder);
  return folder;
}

export function temporaryFile(name: string, content: string | Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Everything a reader yields. */
export async function readAll<T>(batches: AsyncIterable<ReadBatch<T>>): Promise<{
  rows: T[];
  rejects: Reject[];
  last: ReadBatch<T>;
  progress: number[];
}> {
  const rows: T[] = [];
  const rejects: Reject[] = [];
  const progress: number[] = [];
  let last: ReadBatch<T> | undefined;
  for await (const batch of batches) {
    rows.push(...batch.rows);
    rejects.push(...batch.rejects);
    progress.push(batch.bytesRead);
    last = batch;
  }
  return { rows, rejects, last: last!, progress };
}

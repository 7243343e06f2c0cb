/**
 * The reject file: a CSV line per rejected row.
 */

import type { WriteStream } from 'node:fs';
import { promises, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';

import { InvalidInputError } from '../../domain/index.js';
import type { Reject } from '../../ingest/index.js';
import { csvCell } from '../../ingest/index.js';

export class RejectFile {
  private isEmpty = true;

  private constructor(
    private readonly path: string | null,
    private readonly stream: WriteStream | null,
  ) {}

  /** Opens the file, so that an unwritable path is found before any row is stored. Null discards the rows. */
  static async open(path: string | null): Promise<RejectFile> {
    if (path === null) return new RejectFile(null, null);
    try {
      const handle = await promises.open(path, 'w');
      const stream = handle.createWriteStream();
      // `close` reports the error; without a listener it would end the process.
      stream.on('error', () => undefined);
      return new RejectFile(path, stream);
    } catch (error) {
      throw new InvalidInputError(
        `Cannot write rejected rows to ${path} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); choose another path with --rejects.`,
        'rejects',
      );
    }
  }

  add(file: string, rejects: readonly Reject[]): void {
    if (rejects.length === 0 || this.stream === null) return;
    if (this.isEmpty) this.stream.write('file,line,column,reason,excerpt\n');
    this.isEmpty = false;
    for (const { line, column, reason, excerpt } of rejects)
      this.stream.write(`${[file, line, column ?? '', reason, excerpt].map(csvCell).join(',')}\n`);
  }

  /** Resolves when all rows are on disk. Removes a file without rows. */
  async close(): Promise<void> {
    if (this.stream === null) return;
    this.stream.end();
    await finished(this.stream);
    if (this.isEmpty) rmSync(this.path!, { force: true });
  }
}

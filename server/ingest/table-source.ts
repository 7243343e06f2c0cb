/** Stage 1: sources of tables, and plain-language errors for unreadable files. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { InvalidInputError } from '../domain/index.js';

/** A table outside of a file: each call of `open` returns its bytes from the beginning. */
interface TableStream {
  /** Name in messages; its extension hints at the format. */
  readonly name: string;
  /** 0 if unknown. */
  readonly totalBytes: number;
  /** True for the first bytes of a longer table: the last record is incomplete. Default false. */
  readonly isBeginning?: boolean;
  open(): AsyncIterable<Buffer>;
}

/** A file path, or a stream. */
export type TableSource = string | TableStream;

export function nameOfSource(source: TableSource): string {
  return typeof source === 'string' ? source : source.name;
}

/** Size in bytes. Throws InvalidInputError for a file that is missing, empty or a directory. */
export async function checkFile(path: string): Promise<number> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new InvalidInputError(`${path} is a directory; name a CSV or JSONL file.`);
    if (file.size === 0 && file.isFile()) throw new InvalidInputError(`${path} is empty.`);
    return file.size;
  } catch (error) {
    throw isSystemError(error) ? fileProblem(path, error) : error;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** Plain-language error for a file that the system cannot read or write. */
export function fileProblem(path: string, error: NodeJS.ErrnoException): InvalidInputError {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    const folder = dirname(path);
    return new InvalidInputError(
      existsSync(folder) ? `There is no file ${path}.` : `There is no folder ${folder}.`,
    );
  }
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new InvalidInputError(`${path} cannot be opened; check its permissions.`);
  }
  return new InvalidInputError(`${path} cannot be opened (${error.code ?? error.message}).`);
}

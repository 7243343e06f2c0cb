/** Stage 1: where a table comes from, and the plain-language errors for a file that the system will not read. */

import { stat } from 'node:fs/promises';

import { InvalidInputError } from '../domain/index.js';

/** A table that is no file: `open` gives its bytes from the beginning, each time it is called. */
export interface TableStream {
  /** What it is called in messages; its ending is a hint of its format. */
  readonly name: string;
  /** 0 where nobody knows. */
  readonly totalBytes: number;
  /** True where these are only the first bytes of a longer table: its last record is cut off. Default false. */
  readonly isBeginning?: boolean;
  open(): AsyncIterable<Buffer>;
}

/** The path of a file, or a stream. */
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

/** The plain-language error for a file the system will not read. */
export function fileProblem(path: string, error: NodeJS.ErrnoException): InvalidInputError {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return new InvalidInputError(`There is no file ${path}.`);
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new InvalidInputError(`${path} may not be read; check its permissions.`);
  }
  return new InvalidInputError(`${path} cannot be read (${error.code ?? error.message}).`);
}

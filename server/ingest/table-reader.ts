/**
 * Stage 1: reads a CSV or JSONL file row by row, in bounded memory, and gives each row's values by column name.
 *
 * What is wrong with the file as a whole (missing, empty, a directory, wrong columns) is an InvalidInputError. What is
 * wrong with one row is a reject and reading goes on.
 */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';

import { InvalidInputError } from '../domain/index.js';

import { splitCsvRecord } from './csv-fields.js';
import { RecordFramer } from './record-framer.js';
import type { Frame } from './record-framer.js';

/** A row that was not taken. It never holds a raw user id. */
export interface Reject {
  /** Physical line in the file, from 1; of a row over several lines the first. */
  readonly line: number;
  /** The column at fault; null when it is the row as a whole. */
  readonly column: string | null;
  readonly reason: string;
  /** The beginning of the value at fault; empty when there is none, or when it could name a person. */
  readonly excerpt: string;
}

export interface ReadBatch<T> {
  readonly rows: T[];
  readonly rejects: Reject[];
  /** Bytes of the file read so far, and altogether. */
  readonly bytesRead: number;
  readonly totalBytes: number;
  /** Columns of the file that mean nothing to this reader. */
  readonly ignoredColumns: readonly string[];
}

/** A table that is no file: `open` gives its bytes from the beginning, each time it is called. */
export interface TableStream {
  /** What it is called in messages; its ending says whether it is CSV or JSONL. */
  readonly name: string;
  /** 0 where nobody knows. */
  readonly totalBytes: number;
  open(): AsyncIterable<Buffer>;
}

/** The path of a file, or a stream. */
export type TableSource = string | TableStream;

export function nameOfSource(source: TableSource): string {
  return typeof source === 'string' ? source : source.name;
}

/** What a row is made of. */
export interface TableSchema {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** One row: `values` in the order of the schema's required and then optional columns, '' where there is none. */
export interface TableRow {
  readonly line: number;
  readonly values: readonly string[];
  /** The other columns that are not empty. */
  readonly extras: readonly (readonly [name: string, value: string])[];
}

/** Thrown by a row converter to reject the row. */
export class RowProblem extends Error {
  constructor(
    readonly column: string | null,
    reason: string,
    readonly value: string = '',
  ) {
    super(reason);
  }
}

const BATCH_ROWS = 5_000;
const CHUNK_BYTES = 256 * 1024;
const EXCERPT_CHARACTERS = 60;

type Format = 'csv' | 'jsonl';

/**
 * Streams a table as batches of converted rows. `convert` throws RowProblem to reject a row; `personal` names the column
 * whose value must never show up in a reject. The last batch may be empty; there is always at least one.
 */
export async function* readTable<T>(
  source: TableSource,
  schema: TableSchema,
  options: { personal: string | null; convert: (row: TableRow) => T },
): AsyncGenerator<ReadBatch<T>, void, undefined> {
  const name = nameOfSource(source);
  const totalBytes = typeof source === 'string' ? await checkFile(source) : source.totalBytes;
  let parser: Parser | null = null;
  const personalColumn = options.personal === null ? -1 : columnsOf(schema).indexOf(options.personal);

  let rows: T[] = [];
  let rejects: Reject[] = [];
  let bytesRead = 0;
  const take = (frame: Frame) => {
    let personal = '';
    try {
      const row = parser!.decode.row(frame);
      if (row === null) return;
      personal = personalColumn < 0 ? '' : row.values[personalColumn];
      rows.push(options.convert(row));
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      rejects.push(toReject(frame.line, error, options.personal, personal));
    }
  };
  const flush = (): ReadBatch<T> => {
    const batch = { rows, rejects, bytesRead, totalBytes, ignoredColumns: parser!.decode.ignoredColumns() };
    rows = [];
    rejects = [];
    return batch;
  };

  try {
    for await (const chunk of bytesOf(source)) {
      bytesRead += chunk.length;
      parser ??= createParser(name, chunk, schema);
      for (const frame of parser.framer.push(chunk)) {
        take(frame);
        if (rows.length + rejects.length >= BATCH_ROWS) yield flush();
      }
    }
  } catch (error) {
    throw isSystemError(error) ? fileProblem(name, error) : error;
  }
  if (parser === null) throw new InvalidInputError(`${name} is empty.`);
  for (const frame of parser.framer.end()) take(frame);
  parser.decode.finish();
  yield flush();
}

interface Parser {
  readonly framer: RecordFramer;
  readonly decode: Decoder;
}

/** `start` is the beginning of the table. */
function createParser(name: string, start: Buffer, schema: TableSchema): Parser {
  const format = detectFormat(name, start);
  return {
    framer: new RecordFramer({ hasQuotes: format === 'csv' }),
    decode: format === 'csv' ? csvDecoder(name, schema) : jsonlDecoder(name, schema),
  };
}

function bytesOf(source: TableSource): AsyncIterable<Buffer> {
  return typeof source === 'string'
    ? createReadStream(source, { highWaterMark: CHUNK_BYTES })
    : source.open();
}

function columnsOf(schema: TableSchema): string[] {
  return [...schema.required, ...schema.optional];
}

function toReject(line: number, problem: RowProblem, personalName: string | null, personal: string): Reject {
  const isPersonal = problem.column === personalName && personalName !== null;
  // A value that holds the user's id (say, columns shifted by one) is masked as a whole.
  const isTelling = isPersonal || (personal !== '' && problem.value.includes(personal));
  const excerpt = isTelling ? '' : problem.value.slice(0, EXCERPT_CHARACTERS);
  return { line, column: problem.column, reason: problem.message, excerpt };
}

interface Decoder {
  /** Null for a line that is no row (blank, header). */
  row(frame: Frame): TableRow | null;
  /** Called once after the last frame. */
  finish(): void;
  ignoredColumns(): readonly string[];
}

function textOf(frame: Frame): string {
  if (frame.text === null) throw new RowProblem(null, `the line ${frame.problem}`);
  return frame.text;
}

function csvDecoder(path: string, schema: TableSchema): Decoder {
  const columns = columnsOf(schema);
  let header: string[] | null = null;
  let sources: number[] = [];
  let others: number[] = [];

  const readHeader = (frame: Frame) => {
    if (frame.text === null) throw new InvalidInputError(`${path}: the header line ${frame.problem}.`);
    if (frame.text.trim() === '')
      throw new InvalidInputError(`${path}: the first line must name the columns; it is blank.`);
    header = splitCsvRecord(frame.text)?.map((name) => name.trim()) ?? null;
    if (header === null)
      throw new InvalidInputError(`${path}: the header line has a quote in the wrong place.`);
    checkColumns(path, schema, header);
    sources = columns.map((name) => header!.indexOf(name));
    others = [...header.keys()].filter((index) => header![index] !== '' && !columns.includes(header![index]));
  };

  return {
    row(frame) {
      if (header === null) {
        readHeader(frame);
        return null;
      }
      const text = textOf(frame);
      if (text === '') return null;
      const fields = splitCsv(text);
      if (fields.length !== header.length) {
        throw new RowProblem(
          null,
          `the row has ${fields.length} fields where the header has ${header.length}`,
        );
      }
      return {
        line: frame.line,
        values: sources.map((source) => (source < 0 ? '' : fields[source].trim())),
        extras: others
          .map((index) => [header![index], fields[index].trim()] as const)
          .filter(([, value]) => value !== ''),
      };
    },
    finish() {
      if (header === null) throw new InvalidInputError(`${path} is empty.`);
    },
    ignoredColumns: () => others.map((index) => header![index]),
  };
}

function splitCsv(text: string): string[] {
  const fields = splitCsvRecord(text);
  if (fields === null) throw new RowProblem(null, 'the row has a quote in the wrong place');
  return fields;
}

function jsonlDecoder(path: string, schema: TableSchema): Decoder {
  const columns = columnsOf(schema);
  const ignored = new Set<string>();
  let isFirst = true;

  return {
    row(frame) {
      const text = textOf(frame);
      if (text.trim() === '') return null;
      const fields = parseObject(text);
      if (isFirst) checkColumns(path, schema, Object.keys(fields));
      isFirst = false;
      const extras = Object.keys(fields).filter((name) => !columns.includes(name));
      for (const name of extras) ignored.add(name);
      return {
        line: frame.line,
        values: columns.map((name) => (Object.hasOwn(fields, name) ? plain(name, fields[name]) : '')),
        extras: extras
          .map((name) => [name, plain(name, fields[name])] as const)
          .filter(([, value]) => value !== ''),
      };
    },
    finish() {
      if (isFirst) throw new InvalidInputError(`${path} is empty, or holds no readable row.`);
    },
    ignoredColumns: () => [...ignored],
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RowProblem(null, 'the line is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RowProblem(null, 'the line is not a JSON object');
  }
  return value as Record<string, unknown>;
}

/** A JSON value as a CSV cell would hold it. */
function plain(name: string, value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map((entry) => plain(name, entry)).join('|');
  throw new RowProblem(name, 'holds an object where a plain value is needed');
}

function checkColumns(path: string, schema: TableSchema, found: readonly string[]): void {
  const twice = found.filter((name, index) => name !== '' && found.indexOf(name) !== index);
  if (twice.length > 0)
    throw new InvalidInputError(`${path} names the column ${list([...new Set(twice)])} more than once.`);
  const missing = schema.required.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    throw new InvalidInputError(
      `${path} lacks the column ${list(missing)}; it has ${list(found)}.`,
      missing[0],
    );
  }
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `"${name.slice(0, 40)}"`);
  return shown.join(', ') + (names.length > shown.length ? ' and more' : '');
}

async function checkFile(path: string): Promise<number> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new InvalidInputError(`${path} is a directory; name a CSV or JSONL file.`);
    if (file.size === 0 && file.isFile()) throw new InvalidInputError(`${path} is empty.`);
    return file.size;
  } catch (error) {
    throw isSystemError(error) ? fileProblem(path, error) : error;
  }
}

function detectFormat(path: string, bytes: Buffer): Format {
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  const first = bytes
    .subarray(0, 1024)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()[0];
  if (first === '[')
    throw new InvalidInputError(`${path} is one JSON array; JSONL with one object per line is needed.`);
  return first === '{' ? 'jsonl' : 'csv';
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
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

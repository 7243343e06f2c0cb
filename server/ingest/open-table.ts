/** Stage 1: opens a table as UTF-8 text, decompressed and transcoded. */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';

import { InvalidInputError } from '../domain/index.js';

import { MAX_RECORD_BYTES } from './record-framer.js';
import { checkFile, fileProblem, isSystemError, nameOfSource } from './table-source.js';
import type { TableSource } from './table-source.js';
import { createTranscoder, detectEncoding } from './text-encoding.js';
import type { Encoding } from './text-encoding.js';

const CHUNK_BYTES = 256 * 1024;
/** Bytes read ahead to detect the encoding, format and columns of a table. */
const HEAD_BYTES = MAX_RECORD_BYTES + CHUNK_BYTES;

/** Magic numbers of unsupported binary formats. */
const FOREIGN: readonly (readonly [magic: string, what: string])[] = [
  ['504b0304', 'a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV'],
  ['d0cf11e0', 'an Excel workbook; save the sheet as CSV'],
  ['50415231', 'a Parquet file; write it as CSV or JSONL'],
  ['28b52ffd', 'compressed with zstd; unpack it, or use gzip'],
  ['fd377a58', 'compressed with xz; unpack it, or use gzip'],
  ['425a68', 'compressed with bzip2; unpack it, or use gzip'],
  ['25504446', 'a PDF; write the table as CSV'],
];

interface OpenTable {
  readonly encoding: Encoding;
  readonly isCompressed: boolean;
  /** The beginning as UTF-8, at most about HEAD_BYTES; `isWhole` when nothing follows. */
  readonly head: Buffer;
  readonly isWhole: boolean;
  /** The source is the beginning of a longer table; an incomplete last record is ignored. */
  readonly isBeginning: boolean;
  /** The complete text as UTF-8. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes of the source read so far, and in total (0 if unknown). */
  bytesRead(): number;
  readonly totalBytes: number;
}

/**
 * Opens a table and reads its beginning. `encoding` overrides detection. Iterate `chunks` to the end, or call `return`
 * on its iterator, so that the file is closed. Throws InvalidInputError for binary formats and unreadable files.
 */
export async function openTable(source: TableSource, encoding?: Encoding): Promise<OpenTable> {
  const name = nameOfSource(source);
  const totalBytes = typeof source === 'string' ? await checkFile(source) : source.totalBytes;
  const isBeginning = typeof source !== 'string' && source.isBeginning === true;
  let bytesRead = 0;
  const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
    const raw =
      typeof source === 'string' ? createReadStream(source, { highWaterMark: CHUNK_BYTES }) : source.open();
    for await (const chunk of raw) {
      bytesRead += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  const packed = await Prefixed.of(named(name, counted()), 4);
  const magic = packed.head.subarray(0, 4).toString('hex');
  if (magic === '') throw new InvalidInputError(`${name} is empty.`);
  const foreign = FOREIGN.find(([start]) => magic.startsWith(start));
  if (foreign !== undefined) throw new InvalidInputError(`${name} is ${foreign[1]}.`);
  const isCompressed = magic.startsWith('1f8b');
  const unpacked = isCompressed ? gunzipped(name, packed.all(), isBeginning) : packed.all();
  const raw = await Prefixed.of(unpacked, HEAD_BYTES);
  if (raw.head.length === 0) throw new InvalidInputError(`${name} is empty.`);
  const taken = encoding ?? detectEncoding(raw.head);
  return {
    encoding: taken,
    isCompressed,
    head: createTranscoder(taken)(raw.head, false),
    isWhole: raw.isWhole && !isBeginning,
    isBeginning,
    chunks: transcoded(raw.all(), taken),
    bytesRead: () => bytesRead,
    totalBytes,
  };
}

/** A stream with its beginning already read. */
class Prefixed {
  private constructor(
    readonly head: Buffer,
    readonly isWhole: boolean,
    private readonly rest: AsyncGenerator<Buffer, void, undefined>,
  ) {}

  /** Reads at least `bytes`, or to the end of the stream. */
  static async of(stream: AsyncGenerator<Buffer, void, undefined>, bytes: number): Promise<Prefixed> {
    const chunks: Buffer[] = [];
    for (let length = 0; length < bytes;) {
      const { value, done } = await stream.next();
      if (done === true) return new Prefixed(Buffer.concat(chunks), true, stream);
      chunks.push(value);
      length += value.length;
    }
    return new Prefixed(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), false, stream);
  }

  async *all(): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield this.head;
      yield* this.rest;
    } finally {
      await this.rest.return();
    }
  }
}

/** Translates system errors to plain language. */
async function* named(
  name: string,
  stream: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    throw isSystemError(error) ? fileProblem(name, error) : error;
  }
}

async function* gunzipped(
  name: string,
  packed: AsyncGenerator<Buffer, void, undefined>,
  mayEndEarly: boolean,
): AsyncGenerator<Buffer, void, undefined> {
  const finishFlush = mayEndEarly ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES, finishFlush });
  const input = Readable.from(packed, { objectMode: false });
  input.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of input.pipe(gunzip)) yield chunk as Buffer;
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw new InvalidInputError(`${name} is a damaged or incomplete gzip file.`);
    throw error;
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

async function* transcoded(
  raw: AsyncGenerator<Buffer, void, undefined>,
  encoding: Encoding,
): AsyncGenerator<Buffer, void, undefined> {
  const transcode = createTranscoder(encoding);
  for await (const chunk of raw) yield transcode(chunk, false);
  const last = transcode(Buffer.alloc(0), true);
  if (last.length > 0) yield last;
}

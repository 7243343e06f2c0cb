/**
 * Stage 1: splits a stream of bytes into records (CSV rows or JSONL lines) in bounded memory.
 *
 * A record ends at a newline (or at a carriage return if the file has no newlines); in CSV, newlines inside quoted
 * fields do not end it. At most `MAX_RECORD_BYTES` are kept between chunks: a longer line is dropped while reading and
 * reported, and so is a quote that is not closed within that many bytes. In both cases reading continues at the next
 * physical line, so a bad line costs a single line.
 */

import { isUtf8 } from 'node:buffer';

import { COMMA_SEPARATED } from './csv-fields.js';
import type { CsvDialect } from './csv-fields.js';

/** Max length of a record in bytes. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A record, or the reason it cannot be read. */
export interface Frame {
  /** Number of the record's first physical line, from 1. */
  readonly line: number;
  /** Text without its line ending; null if there is a problem. */
  readonly text: string | null;
  readonly problem: string | null;
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export const TOO_LONG = `is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`;
const NEVER_CLOSED = 'opens a quote that is never closed';
const WRONG_PLACE = 'has a quote in the wrong place';
export const NOT_UTF8 = 'is not valid UTF-8';

interface FramerOptions {
  /** True for CSV, where quoted fields may hold newlines. */
  readonly hasQuotes: boolean;
  /** CSV dialect; default COMMA_SEPARATED. */
  readonly dialect?: CsvDialect;
  /** The byte that ends a line; default a newline. */
  readonly lineEnd?: 10 | 13;
}

/** Splits bytes into records. */
export interface Framer {
  /** Returns the records completed by this chunk. */
  push(chunk: Buffer): Frame[];
  /** Returns the last record if the file does not end with a complete record. */
  end(): Frame[];
}

export class RecordFramer implements Framer {
  private readonly lineEnd: number;
  private readonly quoting: Quoting;
  private kept: Buffer = Buffer.alloc(0);
  private line = 1;
  private isSkipping = false;
  private isAtStart = true;

  constructor(private readonly options: FramerOptions) {
    const { delimiter, escape = '"' } = options.dialect ?? COMMA_SEPARATED;
    this.lineEnd = options.lineEnd ?? NEWLINE;
    this.quoting = {
      delimiter: delimiter.charCodeAt(0),
      escape: escape === '"' ? QUOTE : BACKSLASH,
      lineEnd: this.lineEnd,
    };
  }

  /** Bytes held for the next chunk; at most MAX_RECORD_BYTES. */
  get keptBytes(): number {
    return this.kept.length;
  }

  /** Returns the records completed by this chunk. */
  push(chunk: Buffer): Frame[] {
    return this.cut(this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk]), false);
  }

  /** Returns the last record if the file does not end with a newline. */
  end(): Frame[] {
    if (this.kept.length === 0 && !this.isSkipping) return [];
    return this.cut(Buffer.concat([this.kept, Buffer.from([this.lineEnd])]), true);
  }

  private cut(data: Buffer, isLast: boolean): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    if (this.isAtStart) {
      if (data.length < BOM.length && !isLast) {
        this.kept = data;
        return frames;
      }
      this.isAtStart = false;
      if (data.subarray(0, BOM.length).equals(BOM)) start = BOM.length;
    }
    let nextQuote = this.options.hasQuotes ? data.indexOf(QUOTE, start) : -1;
    while (start < data.length) {
      const newline = data.indexOf(this.lineEnd, start);
      if (this.isSkipping || (newline < 0 ? data.length : newline) - start > MAX_RECORD_BYTES) {
        this.isSkipping = newline < 0;
        if (this.isSkipping) start = data.length;
        else start = this.refuse(frames, TOO_LONG, newline);
        continue;
      }
      if (newline < 0) break;
      if (nextQuote >= 0 && nextQuote < start) nextQuote = data.indexOf(QUOTE, start);
      if (nextQuote < 0 || nextQuote > newline) {
        start = this.accept(frames, data, start, newline);
        continue;
      }
      const end = recordEnd(data, start, this.quoting);
      if (end === UNFINISHED && !isLast && data.length - start <= MAX_RECORD_BYTES) break;
      if (end === MISPLACED) start = this.refuse(frames, WRONG_PLACE, newline);
      else if (end === UNFINISHED || end - start > MAX_RECORD_BYTES)
        start = this.refuse(frames, NEVER_CLOSED, newline);
      else start = this.accept(frames, data, start, end);
    }
    this.kept = data.subarray(start);
    return frames;
  }

  private accept(frames: Frame[], data: Buffer, start: number, end: number): number {
    const bytes = data.subarray(start, end > start && data[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
    const line = this.line;
    this.line += 1;
    for (let at = data.indexOf(this.lineEnd, start); at < end; at = data.indexOf(this.lineEnd, at + 1))
      this.line += 1;
    if (isUtf8(bytes)) frames.push({ line, text: bytes.toString('utf8'), problem: null });
    else frames.push({ line, text: null, problem: NOT_UTF8 });
    return end + 1;
  }

  /** Drops a physical line and returns the start of the next. */
  private refuse(frames: Frame[], problem: string, newline: number): number {
    frames.push({ line: this.line, text: null, problem });
    this.line += 1;
    return newline + 1;
  }
}

const UNFINISHED = -1;
const MISPLACED = -2;

interface Quoting {
  readonly delimiter: number;
  readonly escape: number;
  readonly lineEnd: number;
}

/**
 * Position of the line end of the CSV record at `start`. A quote opens a field only at its start, and a field ends with
 * its closing quote: a stray quote is detected at the next quote, before it swallows the rows in between.
 */
function recordEnd(data: Buffer, start: number, { delimiter, escape, lineEnd }: Quoting): number {
  let isQuoted = false;
  let isFieldStart = true;
  for (let i = start; i < data.length; i++) {
    const byte = data[i];
    if (isQuoted) {
      if (byte === BACKSLASH && escape === BACKSLASH) i += 1;
      if (byte !== QUOTE) continue;
      let after = i + 1;
      if (data[after] === QUOTE && escape === QUOTE) {
        i = after;
        continue;
      }
      while (data[after] === SPACE) after += 1;
      if (after >= data.length) return UNFINISHED;
      const next = data[after];
      if (next !== delimiter && next !== lineEnd && next !== CARRIAGE_RETURN) return MISPLACED;
      isQuoted = false;
      i = after - 1;
    } else if (byte === lineEnd) {
      return i;
    } else {
      isQuoted = byte === QUOTE && isFieldStart;
      isFieldStart = byte === delimiter || (isFieldStart && byte === SPACE);
    }
  }
  return UNFINISHED;
}

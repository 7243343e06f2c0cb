/**
 * Stage 1: cuts a stream of bytes into records (CSV rows or JSONL lines) in bounded memory.
 *
 * A record ends at a newline; in CSV a newline inside a quoted field does not end it. What is kept between two chunks
 * never exceeds `MAX_RECORD_BYTES`: a longer line is dropped while it is read and reported, and so is a quote that is
 * opened and not closed within that many bytes. In both cases reading goes on with the next physical line, so one bad
 * line costs one line.
 */

import { isUtf8 } from 'node:buffer';

/** The longest record that is read, in bytes. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A record, or the reason why there is none. */
export interface Frame {
  /** Number of the record's first physical line, from 1. */
  readonly line: number;
  /** Without its line ending; null when there is a problem. */
  readonly text: string | null;
  readonly problem: string | null;
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;
const COMMA = 44;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

const TOO_LONG = `is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`;
const NEVER_CLOSED = 'opens a quote that is never closed';
const WRONG_PLACE = 'has a quote in the wrong place';
const NOT_UTF8 = 'is not valid UTF-8';

export class RecordFramer {
  private kept: Buffer = Buffer.alloc(0);
  private line = 1;
  private isSkipping = false;
  private isAtStart = true;

  /** `hasQuotes`: true for CSV, where quoted fields may hold newlines. */
  constructor(private readonly options: { hasQuotes: boolean }) {}

  /** Bytes held for the next chunk; at most MAX_RECORD_BYTES. */
  get keptBytes(): number {
    return this.kept.length;
  }

  /** The records that this chunk completes. */
  push(chunk: Buffer): Frame[] {
    return this.cut(this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk]), false);
  }

  /** The last record, if the file does not end with a newline. */
  end(): Frame[] {
    if (this.kept.length === 0 && !this.isSkipping) return [];
    return this.cut(Buffer.concat([this.kept, Buffer.from([NEWLINE])]), true);
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
      const newline = data.indexOf(NEWLINE, start);
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
      const end = recordEnd(data, start);
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
    for (let at = data.indexOf(NEWLINE, start); at < end; at = data.indexOf(NEWLINE, at + 1)) this.line += 1;
    if (isUtf8(bytes)) frames.push({ line, text: bytes.toString('utf8'), problem: null });
    else frames.push({ line, text: null, problem: NOT_UTF8 });
    return end + 1;
  }

  /** Gives up on one physical line and returns where the next one starts. */
  private refuse(frames: Frame[], problem: string, newline: number): number {
    frames.push({ line: this.line, text: null, problem });
    this.line += 1;
    return newline + 1;
  }
}

const UNFINISHED = -1;
const MISPLACED = -2;

/**
 * Position of the newline that ends the CSV record at `start`. A quote opens a field only at its start, and a field ends
 * with its closing quote: a stray quote is noticed at the next one, before it swallows the rows between.
 */
function recordEnd(data: Buffer, start: number): number {
  let isQuoted = false;
  let isFieldStart = true;
  for (let i = start; i < data.length; i++) {
    const byte = data[i];
    if (isQuoted) {
      if (byte !== QUOTE) continue;
      if (i + 1 === data.length) return UNFINISHED;
      const next = data[i + 1];
      if (next === QUOTE) i += 1;
      else if (next === COMMA || next === NEWLINE || next === CARRIAGE_RETURN) isQuoted = false;
      else return MISPLACED;
    } else if (byte === NEWLINE) {
      return i;
    } else {
      isQuoted = byte === QUOTE && isFieldStart;
      isFieldStart = byte === COMMA;
    }
  }
  return UNFINISHED;
}

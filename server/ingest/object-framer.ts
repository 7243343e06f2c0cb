/**
 * Stage 1: frames the objects of a JSON array, or of concatenated pretty-printed objects, in bounded memory.
 *
 * Tracks only brackets and texts; invalid JSON inside an object is found by the parser. An object longer than
 * MAX_RECORD_BYTES is dropped while reading, and reported. Brackets, commas and blanks between objects are skipped;
 * anything else there is reported once per line.
 */

import { isUtf8 } from 'node:buffer';

import { MAX_RECORD_BYTES, NOT_UTF8, TOO_LONG } from './record-framer.js';
import type { Frame, Framer } from './record-framer.js';

const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const LEFT_BRACKET = 91;
const RIGHT_BRACKET = 93;
const LEFT_BRACE = 123;
const RIGHT_BRACE = 125;
/** Bytes allowed between objects: blanks, commas, the array's brackets, and the byte order mark. */
const BETWEEN = new Set([9, 10, 13, 32, COMMA, LEFT_BRACKET, RIGHT_BRACKET, 0xef, 0xbb, 0xbf]);

export class ObjectFramer implements Framer {
  private line = 1;
  /** Parts of the current object, its first line, and the nesting depth. */
  private parts: Buffer[] = [];
  private length = 0;
  private firstLine = 1;
  private depth = 0;
  private isInText = false;
  private isEscaped = false;
  private strayLine = 0;

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let start = this.depth > 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === NEWLINE) this.line += 1;
      if (this.depth === 0) {
        if (byte === LEFT_BRACE) {
          start = i;
          this.firstLine = this.line;
          this.depth = 1;
        } else if (!BETWEEN.has(byte) && this.strayLine !== this.line) {
          this.strayLine = this.line;
          frames.push({ line: this.line, text: null, problem: 'holds something between the objects' });
        }
      } else if (this.isInText) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) this.isInText = false;
      } else if (byte === QUOTE) {
        this.isInText = true;
      } else if (byte === LEFT_BRACE || byte === LEFT_BRACKET) {
        this.depth += 1;
      } else if (byte === RIGHT_BRACE || byte === RIGHT_BRACKET) {
        this.depth -= 1;
        if (this.depth === 0) {
          this.keep(chunk.subarray(start, i + 1));
          frames.push(this.take());
        }
      }
    }
    if (this.depth > 0) this.keep(chunk.subarray(start));
    return frames;
  }

  end(): Frame[] {
    if (this.depth === 0) return [];
    this.take();
    return [{ line: this.firstLine, text: null, problem: 'begins an object that is never closed' }];
  }

  private keep(bytes: Buffer): void {
    this.length += bytes.length;
    if (this.length > MAX_RECORD_BYTES) this.parts = [];
    else this.parts.push(bytes);
  }

  private take(): Frame {
    const isTooLong = this.length > MAX_RECORD_BYTES;
    const bytes = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    this.parts = [];
    this.length = 0;
    if (isTooLong) return { line: this.firstLine, text: null, problem: TOO_LONG };
    if (!isUtf8(bytes)) return { line: this.firstLine, text: null, problem: NOT_UTF8 };
    return { line: this.firstLine, text: bytes.toString('utf8'), problem: null };
  }
}

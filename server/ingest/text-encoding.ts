/**
 * Stage 1: which encoding a file is in, and its bytes as UTF-8.
 *
 * A byte order mark decides; without one, zero bytes at every other place mean UTF-16. What remains is UTF-8 unless
 * the bytes that are not valid UTF-8 look like Western letters and outnumber the valid sequences: then it is
 * windows-1252, a superset of latin-1. A few damaged bytes do not change the encoding of a file: they cost their rows.
 */

import { InvalidInputError } from '../domain/index.js';

/** A label of the WHATWG encoding standard. */
export type Encoding = string;

export const UTF_8 = 'utf-8';
const WINDOWS_1252 = 'windows-1252';

/** The encoding of a text that begins with these bytes. */
export function detectEncoding(head: Buffer): Encoding {
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return utf16WithoutMark(head) ?? (looksWestern(head) ? WINDOWS_1252 : UTF_8);
}

/** The canonical name of an encoding. Throws InvalidInputError for one that is not known. */
export function encodingNamed(label: string): Encoding {
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch {
    throw new InvalidInputError(
      `"${label}" is not a known encoding; give utf-8, utf-16le, utf-16be, latin1, windows-1250 or another WHATWG name.`,
      'encoding',
    );
  }
}

/** Turns chunks into UTF-8, the last one with `isLast`. UTF-8 is passed through, so that damaged lines are found. */
export function createTranscoder(encoding: Encoding): (chunk: Buffer, isLast: boolean) => Buffer {
  if (encoding === UTF_8) return (chunk) => chunk;
  const decoder = new TextDecoder(encoding);
  return (chunk, isLast) => Buffer.from(decoder.decode(chunk, { stream: !isLast }));
}

/** In UTF-16 every other byte of Western text is zero; a text in UTF-8 holds none. */
function utf16WithoutMark(head: Buffer): Encoding | null {
  const length = Math.min(head.length, 1_024) & ~1;
  let [even, odd] = [0, 0];
  for (let i = 0; i < length; i += 2) {
    if (head[i] === 0) even += 1;
    if (head[i + 1] === 0) odd += 1;
  }
  if (even + odd < length / 4) return null;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

function looksWestern(head: Buffer): boolean {
  let [sequences, letters] = [0, 0];
  for (let i = 0; i < head.length;) {
    const length = head[i] < 0x80 ? 1 : sequenceLength(head, i);
    if (length > 1) sequences += 1;
    else if (length === 0 && isWesternLetter(head, i)) letters += 1;
    i += Math.max(1, length);
  }
  return letters > sequences;
}

/** Bytes of the valid multi-byte UTF-8 sequence at `start`; 0 when there is none. One cut off by the end counts. */
function sequenceLength(bytes: Buffer, start: number): number {
  const lead = bytes[start];
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  for (let i = start + 1; i < start + length && i < bytes.length; i++) {
    if ((bytes[i] & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/**
 * A byte that is an accented letter in windows-1252, next to another letter. C2 and C3 begin every Western letter of
 * UTF-8: before anything but a letter they are the rest of a damaged sequence.
 */
function isWesternLetter(bytes: Buffer, at: number): boolean {
  const byte = bytes[at];
  if (byte < 0xc0 || byte === 0xd7 || byte === 0xf7) return false;
  const isLetter = (other: number | undefined) =>
    other !== undefined && ((other | 0x20) >= 0x61 && (other | 0x20) <= 0x7a ? true : other >= 0xc0);
  if (byte === 0xc2 || byte === 0xc3) return isLetter(bytes[at + 1]);
  return isLetter(bytes[at - 1]) || isLetter(bytes[at + 1]);
}

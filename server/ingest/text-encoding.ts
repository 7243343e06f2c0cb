/**
 * Stage 1: detects the encoding of a file and transcodes it to UTF-8.
 *
 * A byte order mark is decisive; otherwise zero bytes at every second position mean UTF-16. The rest is UTF-8, unless
 * bytes that are invalid UTF-8 look like Western letters and outnumber the valid sequences: then it is windows-1252, a
 * superset of latin-1. A few damaged bytes do not change the encoding of a file; only their rows are rejected.
 */

import { InvalidInputError } from '../domain/index.js';

/** A label of the WHATWG encoding standard. */
export type Encoding = string;

export const UTF_8 = 'utf-8';
const WINDOWS_1252 = 'windows-1252';

/** Detects the encoding of a text from its first bytes. */
export function detectEncoding(head: Buffer): Encoding {
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return utf16WithoutMark(head) ?? (looksWestern(head) ? WINDOWS_1252 : UTF_8);
}

/** Canonical name of an encoding. Throws InvalidInputError for an unknown encoding. */
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

/**
 * Transcodes chunks to UTF-8, the last chunk with `isLast`. UTF-8 is passed through, so that damaged lines are found.
 */
export function createTranscoder(encoding: Encoding): (chunk: Buffer, isLast: boolean) => Buffer {
  if (encoding === UTF_8) return (chunk) => chunk;
  const decoder = new TextDecoder(encoding);
  return (chunk, isLast) => Buffer.from(decoder.decode(chunk, { stream: !isLast }));
}

/** In UTF-16 every second byte of Western text is zero; UTF-8 text has no zero bytes. */
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

/**
 * Length of the valid multi-byte UTF-8 sequence at `start`; 0 if there is none. A sequence cut off by the end counts.
 */
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
 * An accented letter in windows-1252, next to another letter. C2 and C3 begin every Western letter of UTF-8: before a
 * non-letter they belong to a damaged sequence.
 */
function isWesternLetter(bytes: Buffer, at: number): boolean {
  const byte = bytes[at];
  if (byte < 0xc0 || byte === 0xd7 || byte === 0xf7) return false;
  const isLetter = (other: number | undefined) =>
    other !== undefined && ((other | 0x20) >= 0x61 && (other | 0x20) <= 0x7a ? true : other >= 0xc0);
  if (byte === 0xc2 || byte === 0xc3) return isLetter(bytes[at + 1]);
  return isLetter(bytes[at - 1]) || isLetter(bytes[at + 1]);
}

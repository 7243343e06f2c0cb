/** Stores the binary parts of a model version as chunk documents with checksums. */

import { createHash } from 'node:crypto';

import type { mongo } from 'mongoose';

import { CorruptModelError } from '../../domain/index.js';
import type { ModelPart } from '../repositories.js';

/** Chunk size. Other clients wait while the server stores or sends a chunk, so a chunk takes milliseconds only. */
const CHUNK_BYTES = 512 * 1024;

export interface PartDocument {
  version: number;
  name: string;
  index: number;
  /** Chunk count of the whole part, repeated in each of its chunks. */
  chunks: number;
  sha256: string;
  bytes: Buffer | mongo.Binary;
}

/** Splits a part into chunk documents; an empty part is a single empty chunk. */
export function* chunksOf(version: number, { name, bytes }: ModelPart): Iterable<PartDocument> {
  const chunks = Math.max(1, Math.ceil(bytes.byteLength / CHUNK_BYTES));
  for (let index = 0; index < chunks; index += 1) {
    const chunk = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    yield { version, name, index, chunks, sha256: checksum(buffer), bytes: buffer };
  }
}

/** Joins the chunks of a part. Throws CorruptModelError. */
export function assemble(version: number, name: string, found: readonly PartDocument[]): Uint8Array {
  const { chunks } = found[0];
  const byIndex = new Map(found.map((chunk) => [chunk.index, chunk]));
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < chunks; index += 1) {
    const chunk = byIndex.get(index);
    if (chunk === undefined)
      throw new CorruptModelError(version, name, `lacks chunk ${index + 1} of ${chunks}`);
    const bytes = Buffer.isBuffer(chunk.bytes) ? chunk.bytes : chunk.bytes.buffer;
    if (checksum(bytes) !== chunk.sha256) {
      throw new CorruptModelError(version, name, `has a wrong checksum in chunk ${index + 1} of ${chunks}`);
    }
    pieces.push(bytes);
  }
  // A fresh buffer, aligned for any typed array.
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}

function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

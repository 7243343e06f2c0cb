/**
 * Stage 1, synthesiser: the ground truth behind simulated users, and its file.
 *
 * For evaluation (the upper bound of any model) and simulation only; learning code must not read it.
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';

import { ARCHETYPES, InvalidInputError } from '../../domain/index.js';
import type { Archetype } from '../../domain/index.js';

import { affinities } from './behaviour-model.js';
import { VECTOR_LENGTH } from './world.js';

export interface Truth {
  readonly seed: number;
  /** Start of the simulated history, ms since the epoch, and its length; from the seed they give the world again. */
  readonly startAt: number;
  readonly nWeeks: number;
  readonly itemIds: readonly string[];
  /** Pseudonyms; row u of the arrays below is user u. */
  readonly userIds: string[];
  /** Float32Array, row-major [nItems, VECTOR_LENGTH]. */
  readonly itemVectors: Float32Array;
  /** Float32Array, row-major [nUsers, VECTOR_LENGTH]: tastes in the last week. */
  readonly tastes: Float32Array;
  /** Float32Array, row-major [nUsers, 4], shares in the order of ARCHETYPES. */
  readonly mixtures: Float32Array;
  /** Uint8Array [nUsers], index into ARCHETYPES. */
  readonly dominant: Uint8Array;
}

const FORMAT = 'smartpersona-truth-2';

export function createTruth(options: {
  seed: number;
  startAt: number;
  nWeeks: number;
  nUsers: number;
  itemIds: readonly string[];
  itemVectors: Float32Array;
}): Truth {
  const { seed, startAt, nWeeks, nUsers, itemIds, itemVectors } = options;
  return {
    ...{ seed, startAt, nWeeks },
    itemIds,
    userIds: [],
    itemVectors,
    tastes: new Float32Array(nUsers * VECTOR_LENGTH),
    mixtures: new Float32Array(nUsers * ARCHETYPES.length),
    dominant: new Uint8Array(nUsers),
  };
}

/** Float32Array [nItems]: true affinities of user `userIndex` in the last week, written into `out`. */
export function trueAffinity(truth: Truth, userIndex: number, out: Float32Array): Float32Array {
  const taste = truth.tastes.subarray(userIndex * VECTOR_LENGTH, (userIndex + 1) * VECTOR_LENGTH);
  return affinities(taste, truth.itemVectors, out);
}

export function dominantArchetype(truth: Truth, userIndex: number): Archetype {
  return ARCHETYPES[truth.dominant[userIndex]];
}

/** Writes a truth file incrementally. */
interface TruthWriter {
  /** Writes the users added to `truth` since the last call. */
  append(): Promise<void>;
  /** Resolves when all data is flushed to the operating system. */
  close(): Promise<void>;
}

/**
 * Opens a JSONL file: a header, then a line per user; vectors are base64 of little-endian float32. File mode 0600.
 * `nUsers`: the final number of users. Rejects if the file cannot be created.
 */
export async function openTruth(path: string, truth: Truth, nUsers: number): Promise<TruthWriter> {
  const stream = createWriteStream(path, { mode: 0o600 });
  const done = finished(stream);
  // Reported by the next call that awaits the stream.
  done.catch(() => undefined);
  await once(stream, 'open');
  const { seed, startAt, nWeeks, itemIds, itemVectors, userIds, tastes, mixtures, dominant } = truth;
  const header = { format: FORMAT, seed, startAt, nWeeks, nUsers, itemIds, itemVectors: encode(itemVectors) };
  stream.write(`${JSON.stringify(header)}\n`);
  let u = 0;
  return {
    async append() {
      for (; u < userIds.length; u++) {
        const line = {
          userId: userIds[u],
          archetype: ARCHETYPES[dominant[u]],
          mixture: encode(mixtures.subarray(u * ARCHETYPES.length, (u + 1) * ARCHETYPES.length)),
          taste: encode(tastes.subarray(u * VECTOR_LENGTH, (u + 1) * VECTOR_LENGTH)),
        };
        // A disk error must end the wait for `drain`.
        if (!stream.write(`${JSON.stringify(line)}\n`)) await Promise.race([once(stream, 'drain'), done]);
      }
    },
    async close() {
      stream.end();
      await done;
    },
  };
}

/** Writes a complete truth file. */
export async function writeTruth(path: string, truth: Truth): Promise<void> {
  const writer = await openTruth(path, truth, truth.userIds.length);
  await writer.append();
  await writer.close();
}

/** Reads a file written by `openTruth`. Throws InvalidInputError for any other file. */
export async function readTruth(path: string): Promise<Truth> {
  let truth: Truth | null = null;
  let nUsers = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const line = parseLine(path, text);
    if (truth === null) {
      if (line.format !== FORMAT) throw new InvalidInputError(`${path} is not a ground truth file.`);
      nUsers = line.nUsers;
      truth = createTruth({
        ...{ seed: line.seed, startAt: line.startAt, nWeeks: line.nWeeks, nUsers },
        itemIds: line.itemIds,
        itemVectors: decode(line.itemVectors),
      });
      continue;
    }
    const u = truth.userIds.push(line.userId) - 1;
    if (u >= nUsers) break;
    truth.tastes.set(decode(line.taste), u * VECTOR_LENGTH);
    truth.mixtures.set(decode(line.mixture), u * ARCHETYPES.length);
    truth.dominant[u] = ARCHETYPES.indexOf(line.archetype);
  }
  if (truth === null || truth.userIds.length !== nUsers)
    throw new InvalidInputError(`${path} is incomplete.`);
  return truth;
}

interface Line {
  format: string;
  seed: number;
  startAt: number;
  nWeeks: number;
  nUsers: number;
  itemIds: string[];
  itemVectors: string;
  userId: string;
  archetype: Archetype;
  mixture: string;
  taste: string;
}

function parseLine(path: string, text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw new InvalidInputError(`${path} is not a ground truth file, or is incomplete.`);
  }
}

function encode(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function decode(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
}

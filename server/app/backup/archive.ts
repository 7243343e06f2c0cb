/**
 * The file of a backup: gzip over frames. A frame is a type byte, a length (uint32, little endian) and that many bytes:
 * JSON for the header, the name of a collection and the end, BSON for a document. The end holds a count and a SHA-256
 * per collection, so that a truncated or damaged file is recognised before anything is restored.
 */

import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { chmod, link, rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import { InvalidInputError, SmartPersonaError } from '../../domain/index.js';

const FORMAT = 'smartpersona-backup-1';
const FRAME_HEAD_BYTES = 5;
const MAX_FRAME_BYTES = 17 * 1024 ** 2;
const GZIP_LEVEL = 3;
const FRAME = { header: 1, collection: 2, document: 3, end: 4 } as const;

export interface ArchiveHeader {
  readonly format: string;
  /** Time before the first document was read, ms since the epoch. */
  readonly startedAt: number;
  /** Version of the product that wrote it. */
  readonly product: string;
  readonly dataVersion: number;
  /** Key version of the pseudonyms; null if no users were stored yet. */
  readonly keyVersion: string | null;
  readonly pepper: string | null;
}

export interface ArchiveEnd {
  readonly collections: Readonly<Record<string, { readonly count: number; readonly sha256: string }>>;
  /** Users erased while the backup was written, to be erased from what it holds. */
  readonly erased: readonly string[];
}

export type ArchivePart =
  | { readonly kind: 'header'; readonly header: ArchiveHeader }
  | { readonly kind: 'document'; readonly collection: string; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly end: ArchiveEnd };

/** A backup that cannot be read or used; the message says why. */
export class BackupError extends SmartPersonaError {
  readonly code = 'BACKUP_FAILED';
}

export interface ArchiveWriter {
  beginCollection(name: string): Promise<void>;
  write(document: Uint8Array): Promise<void>;
  /** Completes the file under its name; returns its size. */
  end(erased: readonly string[]): Promise<{ bytes: number; end: ArchiveEnd }>;
  /** Removes the incomplete file. */
  abandon(): void;
}

/** Creates the file with mode 0600, under its name only when complete. Throws InvalidInputError if it exists. */
export async function createArchive(
  path: string,
  header: Omit<ArchiveHeader, 'format'>,
): Promise<ArchiveWriter> {
  const draft = `${path}.partial`;
  if (await exists(path)) throw new InvalidInputError(`${path} already exists.`);
  await rm(draft, { force: true });
  const file = createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true });
  await once(file, 'open');
  const gzip = createGzip({ level: GZIP_LEVEL });
  gzip.pipe(file);
  // A full disk: later writes then fail with the error of the file.
  file.on('error', (error) => gzip.destroy(error));
  gzip.on('error', () => undefined);
  const collections = new Map<string, { count: number; hash: Hash }>();
  let current: { count: number; hash: Hash } | null = null;

  async function frame(type: number, bytes: Uint8Array): Promise<void> {
    if (gzip.errored !== null) throw gzip.errored;
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUInt8(type, 0);
    head.writeUInt32LE(bytes.byteLength, 1);
    gzip.write(head);
    if (!gzip.write(bytes)) await once(gzip, 'drain');
  }
  const json = (type: number, value: unknown) => frame(type, Buffer.from(JSON.stringify(value)));

  await json(FRAME.header, { format: FORMAT, ...header });
  return {
    async beginCollection(name) {
      current = { count: 0, hash: createHash('sha256') };
      collections.set(name, current);
      await json(FRAME.collection, { name });
    },
    async write(document) {
      current!.count += 1;
      current!.hash.update(document);
      await frame(FRAME.document, document);
    },
    async end(erased) {
      const end = {
        collections: Object.fromEntries(
          Array.from(collections, ([name, { count, hash }]) => [name, { count, sha256: hash.digest('hex') }]),
        ),
        erased,
      };
      await json(FRAME.end, end);
      gzip.end();
      await finished(file);
      await chmod(draft, 0o600);
      const { size: bytes } = await stat(draft);
      // Unlike a rename, a link never replaces a file.
      await link(draft, path);
      await rm(draft);
      return { bytes, end };
    },
    abandon() {
      gzip.destroy();
      file.destroy();
      rmSync(draft, { force: true });
    },
  };
}

/**
 * Streams the parts of a backup: header, documents, end. Throws BackupError if the file is damaged, truncated or not a
 * backup; the documents are then incomplete. `onProgress`: share of the file read, 0..1.
 */
export async function* readArchive(
  path: string,
  onProgress: (fraction: number) => void = () => undefined,
): AsyncIterable<ArchivePart> {
  const { size } = await stat(path);
  const file = createReadStream(path);
  const gunzip = file.pipe(createGunzip());
  file.on('error', (error) => gunzip.destroy(error));
  const found = new Map<string, { count: number; hash: Hash }>();
  let current: { name: string; count: number; hash: Hash } | null = null;
  let [hasHeader, hasEnd] = [false, false];
  try {
    for await (const { type, bytes } of framesOf(gunzip)) {
      if (hasEnd || (type !== FRAME.header && !hasHeader)) throw new Error('it is not in the right order');
      if (type === FRAME.header) {
        const header = JSON.parse(bytes.toString()) as ArchiveHeader;
        if (header.format !== FORMAT) throw new Error('it has an unknown format');
        hasHeader = true;
        yield { kind: 'header', header };
      } else if (type === FRAME.collection) {
        const { name } = JSON.parse(bytes.toString()) as { name: string };
        current = { name, count: 0, hash: createHash('sha256') };
        found.set(name, current);
      } else if (type === FRAME.document && current !== null) {
        current.count += 1;
        current.hash.update(bytes);
        yield { kind: 'document', collection: current.name, bytes };
      } else if (type === FRAME.end) {
        const end = JSON.parse(bytes.toString()) as ArchiveEnd;
        compare(end, found);
        hasEnd = true;
        yield { kind: 'end', end };
      } else throw new Error('it holds an unknown frame');
      onProgress(file.bytesRead / Math.max(1, size));
    }
    if (!hasEnd) throw new Error('its end is missing');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupError(`${path} is not a complete backup: ${reason}.`, { cause: error });
  } finally {
    file.destroy();
  }
}

function compare(end: ArchiveEnd, found: ReadonlyMap<string, { count: number; hash: Hash }>): void {
  const names = Object.keys(end.collections);
  if (names.length !== found.size) throw new Error('collections are missing');
  for (const name of names) {
    const { count, sha256 } = end.collections[name]!;
    const read = found.get(name);
    if (read === undefined || read.count !== count || read.hash.digest('hex') !== sha256)
      throw new Error(`the checksum of ${name} is wrong`);
  }
}

async function* framesOf(stream: AsyncIterable<Buffer>): AsyncIterable<{ type: number; bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let offset = 0;
    while (rest.length - offset >= FRAME_HEAD_BYTES) {
      const length = rest.readUInt32LE(offset + 1);
      if (length > MAX_FRAME_BYTES) throw new Error('a frame is too long');
      const end = offset + FRAME_HEAD_BYTES + length;
      if (rest.length < end) break;
      yield { type: rest.readUInt8(offset), bytes: rest.subarray(offset + FRAME_HEAD_BYTES, end) };
      offset = end;
    }
    rest = rest.subarray(offset);
  }
  if (rest.length > 0) throw new Error('it is truncated');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

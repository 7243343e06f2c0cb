/**
 * `POST /import?kind=items|events|ratings[&dryRun=true][&name=FILE]`: the body is the file, the answer is progress as
 * newline-delimited JSON and then the report. Administrators only, one import at a time.
 *
 * Events and ratings are read as they come in and never touch the disk, since they name people; items are read twice
 * and are kept in a temporary file for as long as that takes.
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { ForbiddenError, type Logger } from '../../domain/index.js';
import type { Reject, TableSource } from '../../ingest/index.js';
import type { ImportKind, ImportService } from '../../services/index.js';
import { IMPORT_KINDS } from '../../services/index.js';

import { isOriginAllowed } from './addresses.js';
import type { AdmissionOptions } from './admission.js';
import { admit, refusalOf } from './admission.js';
import { createFormatError } from './errors.js';
import { HttpRefusal } from './http-refusal.js';
import { ProgressLines } from './progress-lines.js';
import type { Headers } from './security-headers.js';

export interface ImportEndpointOptions extends AdmissionOptions {
  readonly imports: Pick<ImportService, 'run'>;
  readonly allowedOrigins: readonly string[];
  /** Bytes of one file. */
  readonly maxBytes: number;
  /** Those of every answer. */
  readonly headers: Headers;
  readonly log: Logger;
}

/** Of rejected rows so many are listed; all are counted. */
const MAX_LISTED_REJECTS = 1_000;
/** Reading is the smaller part of the work: users are written when their rows are together. */
const READING_SHARE = 0.3;

interface ImportRequest {
  readonly kind: ImportKind;
  readonly isDryRun: boolean;
  readonly name: string;
}

export function createImportEndpoint(options: ImportEndpointOptions): RequestListener {
  const formatError = createFormatError(options.log);
  let isRunning = false;

  const serve = async (request: IncomingMessage, lines: ProgressLines): Promise<void> => {
    const order = await accept(request, options);
    if (isRunning) {
      throw new HttpRefusal(
        409,
        'ALREADY_RUNNING',
        'Another import is under way; try again when it is done.',
        {
          extensions: { retriable: true },
        },
      );
    }
    isRunning = true;
    try {
      lines.end({ type: 'report', report: await runImport(request, order, lines, options) });
    } finally {
      isRunning = false;
    }
  };

  return (request, response) => {
    const startedAt = performance.now();
    const lines = new ProgressLines(response, options.headers);
    void serve(request, lines)
      .catch((error: unknown) => {
        // Who went away hears no answer, and is no fault of ours.
        if (response.destroyed || request.errored !== null) return response.destroy();
        const refusal = refusalOf(error);
        lines.fail(refusal ?? { status: 500, more: {} }, refusal ?? formatError(error));
      })
      .then(() =>
        options.metrics.recordRequest(response.statusCode, (performance.now() - startedAt) / 1_000),
      );
  };
}

/** Everything that can be said before the first byte of the body. Throws HttpRefusal, ForbiddenError. */
async function accept(request: IncomingMessage, options: ImportEndpointOptions): Promise<ImportRequest> {
  if (request.method !== 'POST')
    throw new HttpRefusal(405, 'METHOD_NOT_ALLOWED', 'Send the file by POST.', {
      headers: { allow: 'POST' },
    });
  if (!isOriginAllowed(request, options.allowedOrigins))
    throw new HttpRefusal(403, 'FORBIDDEN', 'Pages of this origin may not import.');
  const viewer = await admit(request, options);
  if (viewer.role === 'anonymous')
    throw new HttpRefusal(401, 'UNAUTHENTICATED', 'An import needs an admin token.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  if (viewer.role !== 'admin') {
    const { code, message } = new ForbiddenError('An import needs an admin token.');
    throw new HttpRefusal(403, code, message);
  }
  if (Number(request.headers['content-length'] ?? 0) > options.maxBytes) throw tooLarge(options.maxBytes);
  return orderOf(new URL(request.url ?? '', 'http://host').searchParams);
}

function orderOf(query: URLSearchParams): ImportRequest {
  const kind = IMPORT_KINDS.find((one) => one === query.get('kind'));
  const dryRun = query.get('dryRun') ?? 'false';
  if (kind === undefined)
    throw new HttpRefusal(
      400,
      'INVALID_INPUT',
      `Say what is in the file: kind is one of ${IMPORT_KINDS.join(', ')}.`,
    );
  if (dryRun !== 'true' && dryRun !== 'false')
    throw new HttpRefusal(400, 'INVALID_INPUT', 'dryRun is true or false.');
  // In messages only; never a path.
  const name = (query.get('name') ?? '').replace(/[^\p{L}\p{N} ._-]/gu, '').slice(-100);
  return { kind, isDryRun: dryRun === 'true', name: name === '' ? 'The file' : name };
}

async function runImport(
  request: IncomingMessage,
  { kind, isDryRun, name }: ImportRequest,
  lines: ProgressLines,
  { imports, maxBytes }: ImportEndpointOptions,
) {
  const rejects: Reject[] = [];
  let rows = 0;
  const body = boundedBody(request, maxBytes);
  const totalBytes = Number(request.headers['content-length'] ?? 0);
  const run = (source: TableSource) =>
    imports.run({
      [kind]: source,
      dryRun: isDryRun,
      rejectPath: null,
      onReject: (found) => void rejects.push(...found.slice(0, MAX_LISTED_REJECTS - rejects.length)),
      onRead: (_, fraction, read) => {
        rows = read;
        const share = kind === 'items' || isDryRun ? 1 : READING_SHARE;
        lines.progress({ fraction: share * Math.min(1, fraction), rows });
      },
      onWrite: (_, written, total) =>
        lines.progress({ fraction: READING_SHARE + (1 - READING_SHARE) * (written / total), rows }),
    });
  const [report] =
    kind === 'items'
      ? await withSpooled(body, (path) => run({ name, totalBytes, open: () => createReadStream(path) }))
      : await run({ name, totalBytes, open: () => body });
  const { path: _path, ...counts } = report;
  return { ...counts, isDryRun, rejects };
}

async function* boundedBody(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let nBytes = 0;
  // Who stops reading still has to answer, by the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    nBytes += chunk.length;
    if (nBytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): HttpRefusal {
  const megabytes = Math.floor(maxBytes / 1_048_576);
  return new HttpRefusal(
    413,
    'TOO_LARGE',
    `A file may have ${megabytes} MiB here; import larger ones by the command.`,
  );
}

async function withSpooled<T>(body: AsyncIterable<Buffer>, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-import-'));
  try {
    const path = join(folder, 'items');
    await pipeline(body, createWriteStream(path, { mode: 0o600 }));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

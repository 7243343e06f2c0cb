/**
 * `POST /import?kind=items|events|ratings[&dryRun=true][&preview=true[&partial=true]][&name=FILE]`, with the keys of a mapping as
 * further parameters: the body is the file, the response is progress as newline-delimited JSON and then the report (or
 * the preview). Administrators only, a single import at a time; previews write nothing and may run concurrently.
 *
 * A file is read more than once, and may contain personal data. Until the import ends it is kept in a temporary file,
 * encrypted with a key that exists only in memory.
 */

import type { IncomingMessage, RequestListener } from 'node:http';

import { ForbiddenError, type AuditActor, type Logger } from '../domain/index.js';
import { MAPPING_KEYS, parseMapping } from '../ingest/index.js';
import type { GivenMapping, Reject } from '../ingest/index.js';
import type { ImportKind, ImportService } from '../services/data/index.js';
import type { AuditPort } from '../services/index.js';
import { IMPORT_KINDS } from '../services/data/index.js';

import { isOriginAllowed } from './addresses.js';
import type { AdmissionOptions } from './admission.js';
import { admit, refusalOf } from './admission.js';
import { actorOf } from './authenticator.js';
import { createFormatError } from './errors.js';
import { HttpRefusal } from './http-refusal.js';
import { ProgressLines } from './progress-lines.js';
import type { Headers } from './security-headers.js';
import { withSpool } from './spool.js';

interface ImportEndpointOptions extends AdmissionOptions {
  readonly imports: Pick<ImportService, 'run' | 'preview'>;
  readonly audit: AuditPort;
  readonly allowedOrigins: readonly string[];
  /** Maximum bytes of a file. */
  readonly maxBytes: number;
  /** Sent with every response. */
  readonly headers: Headers;
  readonly log: Logger;
}

/** Maximum number of rejected rows in a report; all are counted. */
const MAX_LISTED_REJECTS = 1_000;
/** Share of reading in the progress: most of the work is writing, which starts after all rows of a user are read. */
const READING_SHARE = 0.3;

interface ImportRequest {
  readonly actor: AuditActor;
  readonly kind: ImportKind;
  readonly isDryRun: boolean;
  readonly isPreview: boolean;
  /** The body is only the beginning of the file; for previews only. */
  readonly isPartial: boolean;
  readonly name: string;
  readonly mapping: GivenMapping;
}

/** Query parameters besides the keys of a mapping. `mapping` contains these keys as a JSON object. */
const PARAMETERS: readonly string[] = ['kind', 'dryRun', 'preview', 'partial', 'name', 'mapping'];

export function createImportEndpoint(options: ImportEndpointOptions): RequestListener {
  const formatError = createFormatError(options.log);
  let isRunning = false;

  const serve = async (request: IncomingMessage, lines: ProgressLines): Promise<void> => {
    const order = await accept(request, options);
    if (order.isPreview) return lines.end(await previewImport(request, order, options));
    if (isRunning) {
      throw new HttpRefusal(409, 'ALREADY_RUNNING', 'An import is already running; try again later.', {
        extensions: { retriable: true },
      });
    }
    isRunning = true;
    try {
      const run = () => runImport(request, order, lines, options);
      const { actor, kind } = order;
      lines.end(
        order.isDryRun
          ? await run()
          : await options.audit.run({ actor, action: 'import', target: kind }, run),
      );
    } finally {
      isRunning = false;
    }
  };

  return (request, response) => {
    const startedAt = performance.now();
    const lines = new ProgressLines(request, response, options.headers);
    void serve(request, lines)
      .catch((error: unknown) => {
        // Client disconnected: nothing to send or log.
        if (response.destroyed || request.errored !== null) return response.destroy();
        const refusal = refusalOf(error);
        lines.fail(refusal ?? { status: 500, more: {} }, refusal ?? formatError(error));
      })
      .then(() =>
        options.metrics.recordRequest(response.statusCode, (performance.now() - startedAt) / 1_000),
      );
  };
}

/** Checks a request before reading its body. Throws HttpRefusal. */
async function accept(request: IncomingMessage, options: ImportEndpointOptions): Promise<ImportRequest> {
  if (request.method !== 'POST')
    throw new HttpRefusal(405, 'METHOD_NOT_ALLOWED', 'Send the file by POST.', {
      headers: { allow: 'POST' },
    });
  if (!isOriginAllowed(request, options.allowedOrigins))
    throw new HttpRefusal(403, 'FORBIDDEN', 'Pages of this origin may not import.');
  const identity = await admit(request, options);
  const { viewer } = identity;
  if (viewer.role === 'anonymous')
    throw new HttpRefusal(401, 'UNAUTHENTICATED', 'An import needs an admin token.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  if (viewer.role !== 'admin') {
    const { code, message } = new ForbiddenError('An import needs an admin token.');
    throw new HttpRefusal(403, code, message);
  }
  if (/^\s*multipart\//i.test(request.headers['content-type'] ?? ''))
    throw new HttpRefusal(
      415,
      'INVALID_INPUT',
      'Send the file itself as the body, not a form: curl --data-binary @FILE instead of -F.',
    );
  if (Number(request.headers['content-length'] ?? 0) > options.maxBytes) throw tooLarge(options.maxBytes);
  return { ...orderOf(new URL(request.url ?? '', 'http://host').searchParams), actor: actorOf(identity) };
}

function orderOf(query: URLSearchParams): Omit<ImportRequest, 'actor'> {
  const kind = IMPORT_KINDS.find((one) => one === query.get('kind'));
  if (kind === undefined) throw badRequest(`kind must be one of ${IMPORT_KINDS.join(', ')}.`);
  const [isPreview, isPartial] = [flagOf(query, 'preview'), flagOf(query, 'partial')];
  if (isPartial && !isPreview)
    throw badRequest('partial=true requires preview=true: an import needs the whole file.');
  // Used in messages only, never as a path.
  const name = (query.get('name') ?? '').replace(/[^\p{L}\p{N} ._-]/gu, '').slice(-100);
  return {
    kind,
    isDryRun: flagOf(query, 'dryRun'),
    isPreview,
    isPartial,
    name: name === '' ? 'The file' : name,
    mapping: mappingOf(query),
  };
}

function flagOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') throw badRequest(`${name} must be true or false.`);
  return value === 'true';
}

/** Mapping keys given as separate parameters (also in camel case) override the keys of the parameter `mapping`. */
function mappingOf(query: URLSearchParams): GivenMapping {
  const keys: Record<string, unknown> = jsonMapping(query.get('mapping'));
  const names = new Map<string, string>(
    MAPPING_KEYS.flatMap((key) => [[key, key] as const, [camelCase(key), key] as const]),
  );
  for (const parameter of new Set(query.keys())) {
    const key = names.get(parameter);
    if (key !== undefined)
      keys[key] = key === 'map' || key === 'type' ? query.getAll(parameter) : query.get(parameter);
    else if (!PARAMETERS.includes(parameter))
      throw badRequest(
        `Unknown parameter "${parameter.slice(0, 40)}"; known are ${[...PARAMETERS, ...MAPPING_KEYS].join(', ')}.`,
      );
  }
  return parseMapping(keys);
}

function jsonMapping(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const keys: unknown = JSON.parse(text);
    if (typeof keys === 'object' && keys !== null && !Array.isArray(keys)) return { ...keys };
  } catch {
    // Not JSON: refused below.
  }
  throw badRequest('mapping must be a JSON object with the keys of a mapping.');
}

function camelCase(key: string): string {
  return key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function badRequest(message: string): HttpRefusal {
  return new HttpRefusal(400, 'INVALID_INPUT', message);
}

/** The only line of the response to a preview. */
async function previewImport(
  request: IncomingMessage,
  { kind, isPartial, name, mapping }: ImportRequest,
  { imports, maxBytes }: ImportEndpointOptions,
): Promise<object> {
  return withSpool(boundedBody(request, maxBytes), async ({ totalBytes, open }) => {
    const source = { name, totalBytes, open, isBeginning: isPartial };
    return { type: 'preview', preview: await imports.preview(kind, source, mapping) };
  });
}

/** The last line of the response to an import. */
async function runImport(
  request: IncomingMessage,
  { kind, isDryRun, name, mapping }: ImportRequest,
  lines: ProgressLines,
  { imports, maxBytes }: ImportEndpointOptions,
): Promise<object> {
  const rejects: Reject[] = [];
  let rows = 0;
  return withSpool(boundedBody(request, maxBytes), async ({ totalBytes, open }) => {
    const source = { name, totalBytes, open };
    const [report] = await imports.run({
      [kind]: source,
      mapping,
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
    const { path: _path, ...counts } = report;
    return { type: 'report', report: { ...counts, isDryRun, rejects } };
  });
}

async function* boundedBody(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let nBytes = 0;
  // The response uses the same socket, so it stays open when reading stops early.
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
    `The file is larger than ${megabytes} MiB; import it with the command \`npm run import\`.`,
  );
}

/**
 * Reads the body of a request as JSON. Incomplete bodies are bounded per body, per caller, over all callers, and in
 * time, so that they use a bounded amount of memory.
 */

import type { IncomingMessage } from 'node:http';

import { HttpRefusal } from './http-refusal.js';

const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

export interface BodyLimits {
  /** Bytes per body; default 2 MiB. */
  readonly maxBytes: number;
  /** Bytes per body of a caller without a token; default 16 KiB. */
  readonly maxAnonymousBytes: number;
  /** Bytes of incomplete bodies per caller; default 8 MiB. */
  readonly maxBytesPerCaller: number;
  /** Bytes of incomplete bodies of all callers; default 64 MiB. */
  readonly maxBytesInAll: number;
  /** Milliseconds to receive a body; default 20,000. */
  readonly timeoutMs: number;
}

export const DEFAULT_BODY_LIMITS: BodyLimits = {
  maxBytes: 2 * 1_048_576,
  maxAnonymousBytes: 16 * 1_024,
  maxBytesPerCaller: 8 * 1_048_576,
  maxBytesInAll: 64 * 1_048_576,
  timeoutMs: 20_000,
};

/** Counts the bytes of incomplete bodies. */
export class BodyBudget {
  private total = 0;
  private readonly byCaller = new Map<string, number>();

  constructor(readonly limits: BodyLimits) {}

  /** Adds bytes of a caller. False if they exceed a limit; they still count until given back. */
  take(caller: string, nBytes: number): boolean {
    const own = (this.byCaller.get(caller) ?? 0) + nBytes;
    this.total += nBytes;
    this.byCaller.set(caller, own);
    return own <= this.limits.maxBytesPerCaller && this.total <= this.limits.maxBytesInAll;
  }

  giveBack(caller: string, nBytes: number): void {
    const own = (this.byCaller.get(caller) ?? 0) - nBytes;
    this.total -= nBytes;
    if (own <= 0) this.byCaller.delete(caller);
    else this.byCaller.set(caller, own);
  }
}

export interface BodySource {
  readonly request: IncomingMessage;
  /** Key of the per-caller budget. */
  readonly caller: string;
  readonly isAnonymous: boolean;
}

/** Undefined for an empty body or a content type other than JSON. Throws HttpRefusal for a body that cannot be read. */
export async function readJson(source: BodySource, budget: BodyBudget): Promise<unknown> {
  const { headers } = source.request;
  const type = headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type)) return undefined;
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  const encoding = headers['content-encoding'] ?? 'identity';
  if (charset.toLowerCase() !== 'utf-8' || encoding !== 'identity')
    throw new HttpRefusal(415, 'BAD_REQUEST', 'The body must be JSON in UTF-8, not compressed.');
  const text = await readText(source, budget);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(400, 'BAD_REQUEST', 'The body is not valid JSON.');
  }
}

/** Rejects if a limit is exceeded, and if the caller disconnects before the end. */
function readText({ request, caller, isAnonymous }: BodySource, budget: BodyBudget): Promise<string> {
  const { limits } = budget;
  const maxBytes = isAnonymous ? Math.min(limits.maxAnonymousBytes, limits.maxBytes) : limits.maxBytes;
  const tooLarge = () =>
    new HttpRefusal(413, 'BAD_REQUEST', `The body is too large: the limit is ${maxBytes} bytes.`);
  return new Promise<string>((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return reject(tooLarge());
    const chunks: Buffer[] = [];
    let nBytes = 0;
    const timer = setTimeout(
      () => end(new HttpRefusal(408, 'BAD_REQUEST', 'Timeout while receiving the body.')),
      limits.timeoutMs,
    );
    const end = (outcome: string | HttpRefusal) => {
      clearTimeout(timer);
      request.off('data', onData);
      budget.giveBack(caller, nBytes);
      nBytes = 0;
      chunks.length = 0;
      if (typeof outcome === 'string') resolve(outcome);
      else {
        request.pause();
        reject(outcome);
      }
    };
    const onData = (chunk: Buffer) => {
      nBytes += chunk.byteLength;
      const hasRoom = budget.take(caller, chunk.byteLength);
      if (nBytes > maxBytes) end(tooLarge());
      else if (!hasRoom)
        end(
          new HttpRefusal(503, 'OVERLOADED', 'Too many requests are being sent at once; try again.', {
            headers: { 'retry-after': '1' },
            extensions: { retriable: true },
          }),
        );
      else chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () => end(Buffer.concat(chunks).toString('utf8')));
    request.once('error', () => end(new HttpRefusal(400, 'BAD_REQUEST', 'The body is incomplete.')));
  });
}

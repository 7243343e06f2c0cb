/** The body of a request as JSON, within a number of bytes. */

import type { IncomingMessage } from 'node:http';

import { HttpRefusal } from './http-refusal.js';

const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

/** Undefined for a body that does not claim to be JSON, or is empty. Throws HttpRefusal for one that cannot be read. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type)) return undefined;
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (charset.toLowerCase() !== 'utf-8' || encoding !== 'identity')
    throw new HttpRefusal(415, 'BAD_REQUEST', 'The body must be JSON in UTF-8, not compressed.');
  const text = await readText(request, maxBytes);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(400, 'BAD_REQUEST', 'The body is not valid JSON.');
  }
}

/** Rejects when there is more than `maxBytes`, and when the caller goes away before the end. */
function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let nBytes = 0;
    const tooLarge = () => reject(new HttpRefusal(413, 'BAD_REQUEST', 'The body is too large.'));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    request.on('data', (chunk: Buffer) => {
      nBytes += chunk.byteLength;
      if (nBytes <= maxBytes) chunks.push(chunk);
      else tooLarge();
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', () => reject(new HttpRefusal(400, 'BAD_REQUEST', 'The body was cut off.')));
  });
}

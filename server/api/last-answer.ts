/** Sends complete responses; if the request has unread data, its connection is closed after the response. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Time for a caller that is still sending to read the response before the connection is closed. */
const LINGER_MS = 250;

/** Writes a complete response. If the request is incomplete, the rest is not read and its connection is closed. */
export function sendWhole(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: OutgoingHttpHeaders; body: string | Uint8Array },
): void {
  const all = { ...headers, 'content-length': Buffer.byteLength(body) };
  if (request.complete || !hasBody(request)) {
    response.writeHead(status, all).end(body);
    return;
  }
  request.pause();
  response.writeHead(status, { ...all, connection: 'close' });
  response.write(body);
  // Closing immediately would reset the connection, and the response might be lost.
  setTimeout(() => {
    response.end();
    request.destroy();
  }, LINGER_MS);
}

/** `complete` is set only after the listener has been called, also for a request that ends with its headers. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Answers whose request has not been read to its end: the connection is closed, so that nobody reads the rest. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long a caller that is still sending has to read the answer before the connection is closed. */
const LINGER_MS = 250;

/** Writes a whole answer. Where the request has more to come, nothing more of it is read and its connection ends. */
export function sendWhole(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: OutgoingHttpHeaders; body: string },
): void {
  const all = { ...headers, 'content-length': Buffer.byteLength(body) };
  if (request.complete) {
    response.writeHead(status, all).end(body);
    return;
  }
  request.pause();
  response.writeHead(status, { ...all, connection: 'close' });
  response.write(body);
  // Closing at once would reset the connection, and the answer might be lost with it.
  setTimeout(() => {
    response.end();
    request.destroy();
  }, LINGER_MS);
}

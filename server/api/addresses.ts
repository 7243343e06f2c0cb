/** Who is at the other end: the address behind trusted proxies, and the page a browser's request comes from. */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** The caller's address; `trustedProxies` is how many proxies in front of the server may be believed (0: none). */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? 'unknown';
  const header = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || header === undefined) return direct;
  // Each proxy appends the address it saw, so the last ones are those our own proxies wrote.
  const hops = String(header)
    .split(',')
    .map((hop) => hop.trim());
  return hops.at(-trustedProxies) ?? hops[0] ?? direct;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a request to a server that listens on the machine itself names that machine, or a host of an allowed origin. A
 * page elsewhere whose name was made to resolve to this machine (DNS rebinding) sends its own name.
 */
export function isHostKnown({ headers }: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const { host } = headers;
  if (host === undefined) return false;
  return LOOPBACK.test(host) || allowedOrigins.some((origin) => new URL(origin).host === host);
}

/** True without an Origin (not a browser), for the server's own pages, and for the origins allowed by name. */
export function isOriginAllowed(request: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

/** Lets pages of the allowed origins call the API; pages of all others are left to the browser's own rule. */
export function crossOriginHeaders(
  request: IncomingMessage,
  allowedOrigins: readonly string[],
): OutgoingHttpHeaders {
  const { origin } = request.headers;
  if (origin === undefined) return {};
  if (!isOriginAllowed(request, allowedOrigins)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after',
  };
}

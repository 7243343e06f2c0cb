/** The caller's address behind trusted proxies, and checks of the Host and Origin headers. */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** The caller's address; `trustedProxies` is the number of trusted proxies in front of the server (0: none). */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? 'unknown';
  const header = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || header === undefined) return direct;
  // Each proxy appends the address it saw, so the last entries come from our own proxies.
  const hops = String(header)
    .split(',')
    .map((hop) => hop.trim());
  return hops.at(-trustedProxies) ?? hops[0] ?? direct;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether the Host header of a request to a server on a loopback address is a loopback name, or the host of an allowed
 * origin. It prevents DNS rebinding: a foreign page whose name resolves to this machine sends that name.
 */
export function isHostKnown({ headers }: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const { host } = headers;
  if (host === undefined) return false;
  return LOOPBACK.test(host) || allowedOrigins.some((origin) => new URL(origin).host === host);
}

/** True without an Origin header (not a browser), for the server's own pages, and for allowed origins. */
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

/** CORS headers for pages of allowed origins; without them the browser blocks a page. */
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

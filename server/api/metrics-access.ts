/** Who may read /metrics: figures of traffic and of the process, which are not for the public. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface MetricsAccess {
  readonly metricsToken: string | null;
  readonly isProduction: boolean;
}

/**
 * With a token, callers that send it. Without one the page is off in production; elsewhere it is open to programs on the
 * same machine that come directly: a proxy there passes on the requests of others.
 */
export function mayReadMetrics(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  { metricsToken, isProduction }: MetricsAccess,
): 'open' | 'refused' | 'off' {
  const { authorization, forwarded, 'x-forwarded-for': forwardedFor } = request.headers;
  if (metricsToken !== null)
    return isSame(authorization ?? '', `Bearer ${metricsToken}`) ? 'open' : 'refused';
  if (isProduction || forwarded !== undefined || forwardedFor !== undefined) return 'off';
  const address = request.socket.remoteAddress ?? '';
  return /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address) ? 'open' : 'off';
}

/** Compares digests: equal lengths, and a time that says nothing about where the texts differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Access control of /metrics, which is not public: it contains figures of traffic and of the process. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

interface MetricsAccess {
  readonly metricsToken: string | null;
  readonly isProduction: boolean;
}

/**
 * With a token, the page is open to callers that send it. Without a token it is off in production; elsewhere it is open
 * to direct connections from the same machine, not to requests forwarded by a proxy.
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

/** Compares digests, which have equal lengths, in constant time. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

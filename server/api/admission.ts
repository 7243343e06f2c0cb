/** Authentication and rate limit, the first check of every API request, before its body is read. */

import type { IncomingMessage } from 'node:http';

import { DatabaseUnavailableError, SmartPersonaError, UnauthenticatedError } from '../domain/index.js';

import { addressOf } from './addresses.js';
import type { Authenticator } from './authenticator.js';
import { bearerToken, NOBODY } from './authenticator.js';
import { HttpRefusal } from './http-refusal.js';
import type { ApiMetrics } from './metrics.js';
import type { RateGuard } from './rate-limits.js';
import { sessionIdOf } from './session-cookie.js';
import type { Identity } from './tokens.js';

export interface AdmissionOptions {
  readonly authenticator: Authenticator;
  readonly rateGuard: RateGuard;
  readonly metrics: ApiMetrics;
  readonly trustedProxies: number;
}

/** Throws HttpRefusal for an invalid token, and for a caller above its rate limit. */
export async function admit(
  request: IncomingMessage,
  { authenticator, rateGuard, trustedProxies, metrics }: AdmissionOptions,
): Promise<Identity> {
  let identity = NOBODY;
  let failure: HttpRefusal | null = null;
  try {
    identity = await authenticator.identify({
      token: bearerToken(request.headers.authorization),
      origin: request.headers.origin ?? null,
      sessionId: sessionIdOf(request),
    });
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
    // Counted like a caller without a token, so that guessing is bounded as well.
    failure = new HttpRefusal(401, error.code, error.message, { headers: { 'www-authenticate': 'Bearer' } });
  }
  if (!(await rateGuard.admit(identity, addressOf(request, trustedProxies)))) {
    metrics.recordRefusal('rate');
    throw new HttpRefusal(429, 'RATE_LIMITED', 'Too many requests; try again in a second.', {
      headers: { 'retry-after': '1' },
      extensions: { retriable: true },
    });
  }
  if (failure !== null) throw failure;
  return identity;
}

/** Converts a named error to a refusal; null for an unexpected error. */
export function refusalOf(error: unknown): HttpRefusal | null {
  if (error instanceof HttpRefusal) return error;
  if (!(error instanceof SmartPersonaError)) return null;
  const status = error instanceof DatabaseUnavailableError ? 503 : 400;
  return new HttpRefusal(status, error.code, error.message, {
    extensions: error.isRetriable ? { retriable: true } : {},
  });
}

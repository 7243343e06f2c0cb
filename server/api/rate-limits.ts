/** Rate limits per identity, and per address for requests without a token. */

import { RateLimiterMemory } from 'rate-limiter-flexible';

import type { Viewer } from '../domain/index.js';

export interface RateLimits {
  /** Requests per second and signed-in identity; default 3,000. */
  readonly perIdentity: number;
  /** Requests per second and address without a valid token; default 200. */
  readonly perAnonymousAddress: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = { perIdentity: 3_000, perAnonymousAddress: 200 };

export interface RateGuard {
  /** False if the caller is above its rate limit. */
  admit(viewer: Viewer, address: string): Promise<boolean>;
}

export function createRateGuard(limits: RateLimits): RateGuard {
  const identities = new RateLimiterMemory({ points: limits.perIdentity, duration: 1 });
  const addresses = new RateLimiterMemory({ points: limits.perAnonymousAddress, duration: 1 });
  return {
    async admit({ role, userId }, address) {
      try {
        if (role === 'anonymous') await addresses.consume(address);
        else await identities.consume(`${role}:${userId ?? ''}`);
        return true;
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal;
        return false;
      }
    },
  };
}

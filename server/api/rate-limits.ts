/** Rate limits per identity, per address for requests without a token, and both for publishable keys. */

import { RateLimiterMemory } from 'rate-limiter-flexible';

import type { Identity } from './tokens.js';

export interface RateLimits {
  /** Requests per second and signed-in identity; default 3,000. */
  readonly perIdentity: number;
  /** Requests per second and address without a valid token; default 200. */
  readonly perAnonymousAddress: number;
  /** Requests per second and publishable key; default 500. */
  readonly perKey: number;
  /** Requests per second, publishable key and address; default 50. */
  readonly perKeyAndAddress: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = {
  perIdentity: 3_000,
  perAnonymousAddress: 200,
  perKey: 500,
  perKeyAndAddress: 50,
};

export interface RateGuard {
  /** False if the caller is above its rate limit. */
  admit(identity: Identity, address: string): Promise<boolean>;
}

export function createRateGuard(limits: RateLimits): RateGuard {
  const limiter = (points: number) => new RateLimiterMemory({ points, duration: 1 });
  const identities = limiter(limits.perIdentity);
  const addresses = limiter(limits.perAnonymousAddress);
  const keys = limiter(limits.perKey);
  const keyAddresses = limiter(limits.perKeyAndAddress);
  return {
    async admit(identity, address) {
      try {
        if (identity.viewer.role === 'anonymous') await addresses.consume(address);
        else if (identity.keyId === null) await identities.consume(callerOf(identity));
        else {
          // The address first, so that one address cannot use up the limit of the key.
          await keyAddresses.consume(`${identity.keyId} ${address}`);
          await keys.consume(identity.keyId);
        }
        return true;
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal;
        return false;
      }
    },
  };
}

/** Key of a signed-in caller: the account, or the role and user of a token. */
export function callerOf({ viewer: { role, userId }, session }: Identity): string {
  return session === null ? `${role}:${userId ?? ''}` : `account:${session.name}`;
}

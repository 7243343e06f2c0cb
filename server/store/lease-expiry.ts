/** When a lease has run out. */

/**
 * A lease that ends later than a fresh one would, by more than clocks of one installation differ, was taken under a
 * clock that has been set back since: waiting for its end would take as long as that step. Should its holder still be
 * at work, the fence refuses what it publishes.
 */
export const LEASE_SKEW_MS = 600_000;

export function hasExpired(expiresAt: number, leaseMs: number, now: number): boolean {
  return expiresAt <= now || expiresAt > now + leaseMs + LEASE_SKEW_MS;
}

/** Decides whether a lease has expired. */

/**
 * Max clock difference between instances. A lease that ends later than a fresh lease by more than this was taken before
 * the clock was set back, and counts as expired: waiting for its end would take as long as the clock step. If its
 * holder is still running, the fence refuses what it publishes.
 */
export const LEASE_SKEW_MS = 600_000;

export function hasExpired(expiresAt: number, leaseMs: number, now: number): boolean {
  return expiresAt <= now || expiresAt > now + leaseMs + LEASE_SKEW_MS;
}

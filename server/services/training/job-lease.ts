/**
 * A lease that is renewed while its holder works, and aborts a signal when it is lost.
 */

import type { Logger } from '../../domain/index.js';
import { AlreadyRunningError, LeaseLostError } from '../../domain/index.js';
import type { Lease, Store } from '../../store/index.js';
import { hasExpired } from '../../store/index.js';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 2_000;
/** Polling interval while waiting for a lease. */
const LOOK_EVERY_MS = 250;

export interface HeldLease {
  /** Fencing token; a publish with an older token is refused. */
  readonly fence: { readonly job: string; readonly token: number };
  /** Aborted with LeaseLostError when the lease may be held elsewhere. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

interface LeaseRequest {
  readonly store: Store;
  readonly job: string;
  readonly owner: string;
  readonly clock: () => number;
  readonly log: Logger;
  /** Called with every renewal. */
  readonly onBeat?: () => void;
}

/** Throws AlreadyRunningError with the holder, its start and the expiry of the lease. */
export async function holdLease(request: LeaseRequest): Promise<HeldLease> {
  const { store, job, owner, clock, log, onBeat } = request;
  const lease = await store.leases.acquire(job, owner, LEASE_MS, clock());
  if (lease === null) {
    const holder = await store.leases.find(job);
    const { owner: by = 'another instance', acquiredAt: since = clock(), expiresAt = null } = holder ?? {};
    throw new AlreadyRunningError(job, by, since, expiresAt);
  }
  const lost = new AbortController();
  const beat = setInterval(() => {
    onBeat?.();
    store.leases
      .renew(lease, LEASE_MS, clock())
      .then((isHeld) => {
        if (!isHeld) lost.abort(new LeaseLostError(job));
      })
      .catch((error: unknown) => log.warn({ err: error, job }, 'a lease could not be renewed'));
  }, RENEW_EVERY_MS);
  return {
    fence: { job, token: lease.fence },
    signal: lost.signal,
    async release() {
      clearInterval(beat);
      await store.leases.release(lease);
    },
  };
}

interface LeaseWait extends Pick<LeaseRequest, 'store' | 'job' | 'clock' | 'log'> {
  readonly signal: AbortSignal;
  /** True if this owner is known to have ended; default: unknown for every owner. */
  readonly isGone?: (owner: string) => boolean;
}

/**
 * Acquires the lease as soon as it is free. Logs a single line if it has to wait. Rejects with the reason of `signal`
 * when aborted.
 */
export async function waitForLease(request: LeaseRequest & LeaseWait): Promise<HeldLease> {
  for (;;) {
    await whenFree(request);
    try {
      return await holdLease(request);
    } catch (error) {
      // Acquired elsewhere first.
      if (!(error instanceof AlreadyRunningError)) throw error;
    }
  }
}

/**
 * Resolves when the lease is free. Logs a single line if it has to wait; rejects like `waitForLease`. A lease that is
 * not renewed during its whole length is released, even if its expiry, written by another clock, is in the future: its
 * holder has ended, and if it has not, the fence refuses its publish.
 */
export async function whenFree({ store, job, clock, log, signal, isGone }: LeaseWait): Promise<void> {
  let watched: Lease | null = null;
  for (let nLooks = 0; ; nLooks++) {
    signal.throwIfAborted();
    const lease = await store.leases.find(job);
    if (lease === null || hasExpired(lease.expiresAt, LEASE_MS, clock())) return;
    if (watched === null) {
      const { owner, acquiredAt, expiresAt } = lease;
      const [since, until] = [acquiredAt, expiresAt].map((at) => new Date(at).toISOString());
      log.info({ job, owner, since, until }, 'lease held by another instance, waiting');
    }
    if (lease.fence !== watched?.fence || lease.expiresAt !== watched.expiresAt) {
      watched = lease;
      nLooks = 0;
    }
    if (isGone?.(lease.owner) || nLooks * LOOK_EVERY_MS >= LEASE_MS) {
      log.warn({ job, owner: lease.owner }, 'released a lease whose holder has ended');
      await store.leases.release(lease);
      return;
    }
    await pause(LOOK_EVERY_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

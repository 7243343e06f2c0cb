/** A lease that is kept alive while its holder works, and says when it is lost. */

import type { Logger } from '../../domain/index.js';
import { AlreadyRunningError, LeaseLostError } from '../../domain/index.js';
import type { Lease, Store } from '../../store/index.js';
import { hasExpired } from '../../store/index.js';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 2_000;
/** How often a lease that is waited for is asked for. */
const LOOK_EVERY_MS = 250;

export interface HeldLease {
  /** Names the lease; a publish under an older one is refused. */
  readonly fence: { readonly job: string; readonly token: number };
  /** Aborted with LeaseLostError when somebody else may have it. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface LeaseRequest {
  readonly store: Store;
  readonly job: string;
  readonly owner: string;
  readonly clock: () => number;
  readonly log: Logger;
  /** Called with every renewal. */
  readonly onBeat?: () => void;
}

/** Throws AlreadyRunningError, which says who holds it, since when and until when. */
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

export interface LeaseWait extends Pick<LeaseRequest, 'store' | 'job' | 'clock' | 'log'> {
  readonly signal: AbortSignal;
  /** True when this owner is known to have ended; default: nothing is known. */
  readonly isGone?: (owner: string) => boolean;
}

/**
 * Holds the lease as soon as it is free. Logs one line when it has to wait. Rejects with the reason of `signal` when that
 * is aborted.
 */
export async function waitForLease(request: LeaseRequest & LeaseWait): Promise<HeldLease> {
  for (;;) {
    await whenFree(request);
    try {
      return await holdLease(request);
    } catch (error) {
      // Another instance was faster.
      if (!(error instanceof AlreadyRunningError)) throw error;
    }
  }
}

/**
 * Resolves when nobody holds the lease. Logs one line when it has to wait; rejects like `waitForLease`. A lease that
 * nobody renews while it is watched for its whole length is released, whatever the clock says that its end was written
 * by: its holder is gone, and if it is not, the fence refuses what it publishes.
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
      log.info({ job, owner, since, until }, 'waiting for a lease that another instance holds');
    }
    if (lease.fence !== watched?.fence || lease.expiresAt !== watched.expiresAt) {
      watched = lease;
      nLooks = 0;
    }
    if (isGone?.(lease.owner) || nLooks * LOOK_EVERY_MS >= LEASE_MS) {
      log.warn({ job, owner: lease.owner }, 'a lease whose holder has ended is released');
      await store.leases.release(lease);
      return;
    }
    await pause(LOOK_EVERY_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

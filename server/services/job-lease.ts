/** A lease that is kept alive while its holder works, and says when it is lost. */

import type { Logger } from '../domain/index.js';
import { AlreadyRunningError, LeaseLostError } from '../domain/index.js';
import type { Store } from '../store/index.js';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 2_000;

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

/** Throws AlreadyRunningError, which says who holds it and since when. */
export async function holdLease(request: LeaseRequest): Promise<HeldLease> {
  const { store, job, owner, clock, log, onBeat } = request;
  const lease = await store.leases.acquire(job, owner, LEASE_MS, clock());
  if (lease === null) {
    const holder = await store.leases.find(job);
    throw new AlreadyRunningError(job, holder?.owner ?? 'another instance', holder?.acquiredAt ?? clock());
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

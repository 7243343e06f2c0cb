/** First-run data: simulated users land through the same stages as anybody's, and the truth behind them goes aside. */

import { InvalidInputError } from '../../domain/index.js';
import { openTruth, synthesize } from '../../ingest/index.js';
import type { Store } from '../../store/index.js';

import { BulkLoad } from './bulk-load.js';
import type { CatalogueService, DemoService, ProfileService } from '../users/index.js';

export const SYNTHESIS_SEED = 20_240_229;

export interface SynthesisRequest {
  readonly nUsers: number;
  /** Where the ground truth goes; nothing that learns may read it. */
  readonly truthPath: string;
  readonly seed?: number;
  readonly onProgress?: (fraction: number, detail: string) => void;
  readonly signal?: AbortSignal;
}

export interface SynthesisReport {
  readonly nUsers: number;
  readonly nItems: number;
  readonly nEvents: number;
}

export interface SynthesisServiceOptions {
  readonly store: Store;
  readonly profiles: ProfileService;
  readonly catalogue: CatalogueService;
  readonly demo: DemoService;
  readonly pseudonymize: (rawId: string) => string;
  readonly clock: () => number;
}

/**
 * What filling an installation has come to: nothing is there; simulated data that a start which was interrupted left
 * behind; or data to keep.
 */
export type FillState = 'empty' | 'cut off' | 'complete';

export class SynthesisService {
  constructor(private readonly options: SynthesisServiceOptions) {}

  async state(): Promise<FillState> {
    const { store } = this.options;
    const { filledAt, isSynthetic } = await store.dataset.get();
    // Installations older than the mark have it in their models: training begins after filling.
    if (filledAt !== null || (await store.models.list(1)).length > 0) return 'complete';
    if ((await store.users.count()) === 0 && (await store.items.count()) === 0) return 'empty';
    const { rows: realUsers } = await store.users.list({ first: 1, after: null, isSynthetic: false });
    return isSynthetic && realUsers.length === 0 ? 'cut off' : 'complete';
  }

  /** Deletes what a simulation that was cut off has written. Throws InvalidInputError for data in any other state. */
  async wipe(): Promise<void> {
    const { store } = this.options;
    if ((await this.state()) !== 'cut off')
      throw new InvalidInputError('Only simulated data that were cut off may be deleted.');
    await store.profiles.deleteAll();
    await store.activity.deleteAll();
    await store.users.deleteAll();
    // Last, and the mark after them: a wipe that is cut off as well begins anew.
    await store.items.deleteAll();
    await store.dataset.update({ isSynthetic: false, seed: null });
  }

  /** Simulates and stores. An abort by `signal` leaves the data cut off. */
  async run({
    nUsers,
    truthPath,
    seed = SYNTHESIS_SEED,
    onProgress,
    signal,
  }: SynthesisRequest): Promise<SynthesisReport> {
    const { store, profiles, catalogue, demo, pseudonymize, clock } = this.options;
    const world = synthesize({ seed, nUsers, endAt: clock(), pseudonymize });
    // Before the first user is stored: a folder that cannot be written to is no reason to begin.
    const truth = await openTruth(truthPath, world.truth, nUsers);
    await demo.begin({ seed, filledAt: null, countedAt: null });
    await store.items.replaceMany(world.items);
    await catalogue.refresh();

    const onWrite = () => signal?.throwIfAborted();
    const load = new BulkLoad({ store, profiles, catalogue, clock, isSynthetic: true, onWrite });
    let nEvents = 0;
    let users = 0;
    for (const batch of world.batches()) {
      signal?.throwIfAborted();
      await truth.append();
      await load.add(batch.events);
      nEvents += batch.events.length;
      users += batch.nUsers;
      onProgress?.(users / nUsers, `${users.toLocaleString('en')} users`);
    }
    await truth.close();
    await load.finish();
    await store.dataset.update({ filledAt: clock() });
    return { nUsers, nItems: world.items.length, nEvents };
  }
}

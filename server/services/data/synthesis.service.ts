/**
 * First-run data: simulated users pass through the same stages as real users; their ground truth is stored separately.
 */

import { InvalidInputError } from '../../domain/index.js';
import { openTruth, synthesize } from '../../ingest/index.js';
import type { Store } from '../../store/index.js';

import { BulkLoad } from './bulk-load.js';
import type { CatalogueService, DemoService, LiveUsers } from '../users/index.js';

export const SYNTHESIS_SEED = 20_240_229;

interface SynthesisRequest {
  readonly nUsers: number;
  /** Path of the ground truth, which learning must not read. */
  readonly truthPath: string;
  readonly seed?: number;
  readonly onProgress?: (fraction: number, detail: string) => void;
  readonly signal?: AbortSignal;
}

interface SynthesisReport {
  readonly nUsers: number;
  readonly nItems: number;
  readonly nEvents: number;
}

interface SynthesisServiceOptions {
  readonly store: Store;
  readonly users: LiveUsers;
  readonly catalogue: CatalogueService;
  readonly demo: DemoService;
  readonly pseudonymize: (rawId: string) => string;
  readonly clock: () => number;
}

/** State of the first fill: no data; incomplete simulated data of an interrupted start; or data to keep. */
type FillState = 'empty' | 'cut off' | 'complete';

export class SynthesisService {
  constructor(private readonly options: SynthesisServiceOptions) {}

  async state(): Promise<FillState> {
    const { store } = this.options;
    const { filledAt, isSynthetic } = await store.dataset.get();
    // Installations older than `filledAt` are recognised by their models: training starts after filling.
    if (filledAt !== null || (await store.models.list(1)).length > 0) return 'complete';
    if ((await store.users.count()) === 0 && (await store.items.count()) === 0) return 'empty';
    const { rows: realUsers } = await store.users.list({ first: 1, after: null, isSynthetic: false });
    return isSynthetic && realUsers.length === 0 ? 'cut off' : 'complete';
  }

  /** Deletes the data of an interrupted simulation. Throws InvalidInputError in any other state. */
  async wipe(): Promise<void> {
    const { store } = this.options;
    if ((await this.state()) !== 'cut off')
      throw new InvalidInputError('Only an incomplete simulated data set may be deleted.');
    await store.profiles.deleteAll();
    await store.activity.deleteAll();
    await store.users.deleteAll();
    // Items last, and the mark after them: an interrupted wipe starts again.
    await store.items.deleteAll();
    await store.dataset.update({ isSynthetic: false, seed: null });
  }

  /** Simulates and stores. An abort by `signal` leaves incomplete data. */
  async run({
    nUsers,
    truthPath,
    seed = SYNTHESIS_SEED,
    onProgress,
    signal,
  }: SynthesisRequest): Promise<SynthesisReport> {
    const { store, users: live, catalogue, demo, pseudonymize, clock } = this.options;
    const world = synthesize({ seed, nUsers, endAt: clock(), pseudonymize });
    // Before the first user is stored, so that an unwritable folder fails early.
    const truth = await openTruth(truthPath, world.truth, nUsers);
    await demo.begin({ seed, filledAt: null, countedAt: null });
    await store.items.replaceMany(world.items);
    await catalogue.refresh();

    const onWrite = () => signal?.throwIfAborted();
    const load = new BulkLoad({ store, users: live, catalogue, clock, isSynthetic: true, onWrite });
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

/** First-run data: simulated users land through the same stages as anybody's, and the truth behind them goes aside. */

import { synthesize, writeTruth } from '../ingest/index.js';
import type { Store } from '../store/index.js';

import { BulkLoad } from './bulk-load.js';
import type { ItemCatalogue } from './catalogue.service.js';
import type { ProfileService } from './profile.service.js';

export const SYNTHESIS_SEED = 20_240_229;

export interface SynthesisRequest {
  readonly nUsers: number;
  /** Where the ground truth goes; nothing that learns may read it. */
  readonly truthPath: string;
  readonly seed?: number;
  readonly onProgress?: (fraction: number, detail: string) => void;
}

export interface SynthesisReport {
  readonly nUsers: number;
  readonly nItems: number;
  readonly nEvents: number;
}

export interface SynthesisServiceOptions {
  readonly store: Store;
  readonly profiles: ProfileService;
  readonly catalogue: ItemCatalogue;
  readonly pseudonymize: (rawId: string) => string;
  readonly clock: () => number;
}

export class SynthesisService {
  constructor(private readonly options: SynthesisServiceOptions) {}

  async run({
    nUsers,
    truthPath,
    seed = SYNTHESIS_SEED,
    onProgress,
  }: SynthesisRequest): Promise<SynthesisReport> {
    const { store, profiles, catalogue, pseudonymize, clock } = this.options;
    const world = synthesize({ seed, nUsers, endAt: clock(), pseudonymize });
    await store.dataset.update({ isSynthetic: true, seed });
    await store.items.replaceMany(world.items);
    await catalogue.refresh();

    const load = new BulkLoad({ store, profiles, catalogue, clock, isSynthetic: true });
    let nEvents = 0;
    let users = 0;
    for (const batch of world.batches()) {
      await load.add(batch.events);
      nEvents += batch.events.length;
      users += batch.nUsers;
      onProgress?.(users / nUsers, `${users.toLocaleString('en')} users`);
    }
    await load.finish();
    await writeTruth(truthPath, world.truth);
    return { nUsers, nItems: world.items.length, nEvents };
  }
}

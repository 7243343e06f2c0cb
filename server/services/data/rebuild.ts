/**
 * Rebuilds all derived data from the record: the profiles, and the counters of the dashboards. Profiles are safe to
 * rebuild at any time; counters of concurrent activity may be slightly off, so run it while no server takes events.
 */

import type { BehaviourEvent, MetricBucket } from '../../domain/index.js';
import { NO_PERSONA } from '../../domain/index.js';
import { ItemTally, MetricTally, repeatedClicks } from '../../features/index.js';
import type { Store } from '../../store/index.js';
import { addUp } from '../../store/index.js';

import type { ActivityMetrics, CatalogueService, LiveUsers } from '../users/index.js';

const USERS_PER_STEP = 500;

interface RebuilderOptions {
  readonly store: Store;
  readonly users: LiveUsers;
  readonly catalogue: CatalogueService;
  readonly metrics: ActivityMetrics;
  readonly clock: () => number;
}

interface RebuildReport {
  readonly nUsers: number;
  readonly nEvents: number;
  readonly nBuckets: number;
}

interface UserHistory {
  readonly userId: string;
  /** In ascending time. */
  readonly events: readonly BehaviourEvent[];
}

/** Called with the number of users done so far. */
type OnProgress = (nUsers: number) => void;

export class Rebuilder {
  constructor(private readonly options: RebuilderOptions) {}

  /** Profiles first, then the counters. */
  async run(onProgress?: OnProgress): Promise<RebuildReport> {
    const { store, users } = this.options;
    await users.sync.recover();
    let nDone = 0;
    let step: string[] = [];
    const rebuildStep = async () => {
      await users.sync.rebuild(step);
      nDone += step.length;
      step = [];
      onProgress?.(nDone);
    };
    for await (const { userId } of store.activity.streamByUser()) {
      step.push(userId);
      if (step.length === USERS_PER_STEP) await rebuildStep();
    }
    await rebuildStep();
    return this.rebuildMetrics();
  }

  /**
   * Counts the record again, under the current personas; counts made while serving are kept. An abort by `signal`
   * leaves the counters unchanged.
   */
  async rebuildMetrics(onProgress?: OnProgress, signal?: AbortSignal): Promise<RebuildReport> {
    const { store, metrics, catalogue, clock } = this.options;
    const tally = new MetricTally(catalogue, clock());
    const items = new ItemTally();
    let nUsers = 0;
    let nEvents = 0;
    let step: UserHistory[] = [];
    for await (const row of store.activity.streamByUser()) {
      step.push(row);
      nUsers += 1;
      nEvents += row.events.length;
      if (step.length < USERS_PER_STEP) continue;
      signal?.throwIfAborted();
      await this.count(tally, items, step);
      step = [];
      onProgress?.(nUsers);
    }
    await this.count(tally, items, step);
    signal?.throwIfAborted();
    const buckets: MetricBucket[] = addUp(tally.take());
    await metrics.drain();
    await store.metrics.clearRecorded();
    await store.metrics.increment(buckets);
    await store.itemFigures.clearRecorded();
    await store.itemFigures.increment(items.take());
    return { nUsers, nEvents, nBuckets: buckets.length };
  }

  private async count(tally: MetricTally, items: ItemTally, rows: readonly UserHistory[]): Promise<void> {
    const personas = await this.options.users.personas.idsOf(rows.map((row) => row.userId));
    for (const { userId, events } of rows) {
      const repeats = repeatedClicks(events);
      tally.addEvents({ persona: personas.get(userId) ?? NO_PERSONA, events, session: null, repeats });
      items.addEvents(events, repeats);
    }
  }
}

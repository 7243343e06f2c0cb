/**
 * Stages 2 and 3 for all users: loads profiles and items into the data set that learning takes. Reads the next batch
 * while working on the current batch, and yields to the event loop in between.
 */

import type { Item, TrainingStage } from '../../domain/index.js';
import { CancelledError, InsufficientDataError, PERSONA_SIGNALS } from '../../domain/index.js';
import type { CalibrationHalf, Catalogue, Dataset, ItemContent, PrefixPairs } from '../../features/index.js';
import {
  DatasetBuilder,
  PrefixCollector,
  calibrationHalf,
  encodeItems,
  indexItems,
} from '../../features/index.js';
import type { Store } from '../../store/index.js';
import { nextTurn } from '../users/index.js';

/** Profiles added per turn of the event loop: a few milliseconds. */
const ROWS_PER_TURN = 25;

interface LoadOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  /** `fraction`: progress of this stage, 0..1. */
  readonly report?: (stage: TrainingStage, fraction: number) => void;
}

/** Maximum number of histories read for a calibration: about ten thousand pairs, and a few seconds of reading. */
const MAX_HISTORIES = 2_000;
/** Histories read concurrently. */
const HISTORIES_PER_READ = 8;

interface LoadedDataset {
  readonly dataset: Dataset;
  readonly content: ItemContent;
  readonly catalogue: Catalogue;
}

/** Throws InsufficientDataError without users or items, CancelledError when `signal` is aborted. */
export async function loadDataset({ store, clock, signal, report }: LoadOptions): Promise<LoadedDataset> {
  report?.('load', 0);
  const items: Item[] = [];
  for await (const batch of store.items.streamAll()) items.push(...batch);
  const builder = new DatasetBuilder(
    items.map((item) => item.itemId),
    { now: clock() },
  );
  const total = Math.max(1, await store.profiles.count());
  let loaded = 0;
  for await (const batch of readAhead(store.profiles.streamAll())) {
    for (const profile of batch) {
      builder.add(profile);
      if (++loaded % ROWS_PER_TURN === 0) await nextTurn();
    }
    if (signal !== undefined) refuseIfCancelled(signal);
    report?.('load', Math.min(1, loaded / total));
  }
  if (loaded === 0)
    throw new InsufficientDataError('There are no users to learn from. Import events or ratings first.');
  if (items.length === 0)
    throw new InsufficientDataError(
      'The catalogue is empty, so there is nothing to recommend. Import items first, or make them from the ids of the events with import --items-from-events.',
    );
  report?.('features', 0);
  const dataset = builder.build();
  await nextTurn();
  const content = encodeItems(items);
  report?.('features', 1);
  const categories = new Map(items.map(({ itemId, category }) => [itemId, category]));
  return { dataset, content, catalogue: { categoryOf: (itemId) => categories.get(itemId) ?? null } };
}

/**
 * Features of users after n signals and after twice as many, computed from their histories, for an even sample of the
 * users in `half` with enough signals. Throws CancelledError when `signal` is aborted.
 */
export async function loadPrefixes(
  { store, signal }: Pick<LoadOptions, 'store' | 'signal'>,
  { dataset, catalogue }: Pick<LoadedDataset, 'dataset' | 'catalogue'>,
  half: CalibrationHalf,
): Promise<PrefixPairs> {
  const { userIds, nSignals, longTail, itemIds } = dataset;
  const itemIndex = indexItems(itemIds);
  const collector = new PrefixCollector(catalogue, (itemId) => longTail[itemIndex.get(itemId) ?? -1] === 1);
  const able = userIds.filter(
    (userId, row) => nSignals[row] >= 2 * PERSONA_SIGNALS && calibrationHalf(userId) === half,
  );
  const n = Math.min(able.length, MAX_HISTORIES);
  const sample = Array.from({ length: n }, (_, at) => able[Math.floor((at * able.length) / n)]);
  for (let start = 0; start < n; start += HISTORIES_PER_READ) {
    if (signal !== undefined) refuseIfCancelled(signal);
    const chunk = sample.slice(start, start + HISTORIES_PER_READ);
    const histories = await Promise.all(chunk.map((userId) => store.activity.findByUser(userId)));
    histories.forEach((events, at) => collector.add(chunk[at], events));
    await nextTurn();
  }
  return collector.build();
}

export function refuseIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError('retrain');
}

/** Requests the next batch before the caller has finished the current batch. */
async function* readAhead<T>(stream: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (let pending = iterator.next(); ;) {
      const { done, value } = await pending;
      if (done === true) return;
      pending = iterator.next();
      // The next await reports the rejection; until then it must not count as unhandled.
      pending.catch(() => undefined);
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

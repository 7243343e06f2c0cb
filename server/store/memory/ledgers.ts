/** Persona timelines, counters, runs and data set facts in memory. */

import type {
  ImportRecord,
  ItemCounts,
  MetricBucket,
  PersonaRecord,
  TrainingRun,
} from '../../domain/index.js';
import { addUpItems } from '../../domain/index.js';
import { addUp, metricKey } from '../metric-buckets.js';
import { newestRecords } from '../persona-timeline.js';
import { countTransitions } from '../persona-transitions.js';
import type {
  DatasetInfo,
  DatasetRepository,
  EpsilonSpent,
  ImportHistoryRepository,
  ItemFiguresRepository,
  LiveBeat,
  MetricRepository,
  MigrationRepository,
  Notice,
  NoticeRepository,
  PersonaHistoryRepository,
  RunRepository,
  ShownList,
  ShownListRepository,
} from '../repositories.js';

import { Broadcast } from './broadcast.js';
import { Table } from './table.js';

export function createPersonaHistory(): PersonaHistoryRepository {
  const records = new Table<PersonaRecord>();
  const inVersion = (version: number) => records.all().filter((row) => row.version === version);
  const newest = (userId: string, limit: number) =>
    newestRecords(
      records.all().filter((row) => row.userId === userId),
      limit,
    );
  return {
    async appendMany(moves) {
      for (const { replacedSince, ...row } of moves) {
        const key = `${row.userId}/${replacedSince}/${row.personaId}`;
        if (!records.has(key)) records.set(key, row);
      }
    },
    async replaceVersion({ version, at }, rows) {
      records.deleteWhere((row) => row.cause === 'model' && row.version === version && row.at === at);
      for (const row of rows) {
        records.set(`${row.userId}/v${version}/${at}`, { ...row, version, at, cause: 'model' });
      }
    },
    findByUser: async (userId, limit) => newest(userId, limit),
    findByUsers: async (userIds, limit) => userIds.flatMap((userId) => newest(userId, limit)),
    transitions: async (fromVersion, toVersion) =>
      countTransitions(inVersion(fromVersion), inVersion(toVersion)),
    deleteByUser: async (userId) => records.deleteWhere((row) => row.userId === userId),
    async deleteByVersions(versions) {
      records.deleteWhere((row) => versions.includes(row.version));
    },
  };
}

export function createMetrics(): MetricRepository {
  const metrics = new Table<MetricBucket>();
  const published = new Table<MetricBucket>();
  const spent = new Table<EpsilonSpent & { readonly modelVersion?: number }>();
  const beats = new Table<LiveBeat>();
  return {
    async increment(buckets) {
      for (const bucket of addUp(buckets)) {
        const stored = metrics.get(metricKey(bucket));
        metrics.set(metricKey(bucket), stored === null ? bucket : addUp([stored, bucket])[0]);
      }
    },
    find: async (range) => within(metrics, range),
    isEmpty: async () => metrics.size === 0,
    async clearRecorded() {
      for (const { served, ...bucket } of metrics.all()) {
        metrics.delete(metricKey(bucket));
        if (served !== undefined) metrics.set(metricKey(bucket), { ...bucket, counters: {}, served });
      }
    },
    async publish(rows) {
      for (const row of rows) if (!published.has(metricKey(row))) published.set(metricKey(row), row);
    },
    findPublished: async (range) => within(published, range),
    async spendEpsilon(rows) {
      for (const { at, grain, epsilon } of rows) {
        const row = spent.get(String(at)) ?? { at, hour: 0, day: 0, model: 0 };
        spent.set(String(at), { ...row, [grain]: Math.max(row[grain], epsilon) });
      }
    },
    async spendEpsilonOnModel({ at, version, epsilon }) {
      const row = spent.get(String(at)) ?? { at, hour: 0, day: 0, model: 0 };
      const modelVersion = row.modelVersion ?? version;
      if (row.modelVersion === undefined) spent.set(String(at), { ...row, model: epsilon, modelVersion });
      return modelVersion;
    },
    epsilonSpent: async (from, to) =>
      spent
        .all()
        .filter((row) => row.at >= from && row.at < to)
        .map(({ modelVersion: _, ...row }) => row)
        .sort((left, right) => left.at - right.at),
    async beat(row) {
      beats.set(row.instanceId, row);
    },
    beats: async (since) => beats.all().filter((row) => row.at >= since),
    async pruneBeats(before) {
      beats.deleteWhere((row) => row.at < before);
    },
  };
}

function within(
  buckets: Table<MetricBucket>,
  { grain, from, to }: Parameters<MetricRepository['find']>[0],
): MetricBucket[] {
  return buckets
    .all()
    .filter((bucket) => bucket.grain === grain && bucket.at >= from && bucket.at < to)
    .sort((left, right) => left.at - right.at || (left.persona < right.persona ? -1 : 1));
}

export function createShownLists(): ShownListRepository {
  const lists = new Table<ShownList>();
  return {
    async append(rows) {
      for (const row of rows) if (!lists.has(row.listId)) lists.set(row.listId, row);
    },
    findMany: async (listIds) => lists.getMany(listIds),
    findLately: async (userId) => lists.all().filter((row) => row.userId === userId),
    findByUser: async (userId) => lists.all().filter((row) => row.userId === userId),
    deleteByUser: async (userId) => lists.deleteWhere((row) => row.userId === userId),
  };
}

export function createNotices(): NoticeRepository {
  const notices = new Broadcast<Notice>();
  return {
    append: async (notice) => notices.send(notice),
    // Notices are not stored.
    forgetUser: () => Promise.resolve(),
    watch: ({ signal, onStart }) => {
      onStart?.();
      return notices.listen(signal);
    },
  };
}

export function createRuns(): RunRepository {
  const runs = new Table<TrainingRun>();
  const unwanted = new Set<string>();
  const moves = new Broadcast<TrainingRun>();
  return {
    async replace(run) {
      runs.set(run.runId, run);
      moves.send(run);
      return unwanted.has(run.runId);
    },
    async requestCancel(runId) {
      if (runs.get(runId)?.state !== 'running') return false;
      unwanted.add(runId);
      return true;
    },
    find: async (runId) => runs.get(runId),
    list: async (job, limit) =>
      runs
        .all()
        .filter((run) => run.job === job)
        .sort((left, right) => right.startedAt - left.startedAt)
        .slice(0, limit),
    watch: ({ signal }) => moves.listen(signal),
  };
}

export function createItemFigures(): ItemFiguresRepository {
  const figures = new Table<ItemCounts>();
  return {
    async increment(rows) {
      for (const row of rows) {
        const stored = figures.get(row.itemId);
        figures.set(row.itemId, stored === null ? row : addUpItems(stored, row));
      }
    },
    findMany: async (itemIds) => figures.getMany(itemIds),
    async clearRecorded() {
      for (const row of figures.all()) figures.set(row.itemId, { ...row, counters: {} });
    },
  };
}

export function createImportHistory(): ImportHistoryRepository {
  const imports = new Table<ImportRecord>();
  return {
    async append(record) {
      if (!imports.has(record.importId)) imports.set(record.importId, record);
    },
    list: async (limit) =>
      imports
        .all()
        .sort((left, right) => right.at - left.at)
        .slice(0, limit),
  };
}

export function createDataset(): DatasetRepository {
  let info: DatasetInfo = {
    ...{ isSynthetic: false, seed: null, unknownItemEvents: 0, catalogueRevision: 0 },
    ...{ filledAt: null, countedAt: null },
  };
  let keyVersion: string | null = null;
  return {
    get: async () => ({ ...info }),
    async update(patch) {
      info = { ...info, ...patch };
    },
    claimKeyVersion: async (wanted) => (keyVersion ??= wanted),
    findKeyVersion: async () => keyVersion,
    async raiseCatalogueRevision() {
      info = { ...info, catalogueRevision: info.catalogueRevision + 1 };
    },
    async addUnknownItemEvents(count) {
      info = { ...info, unknownItemEvents: info.unknownItemEvents + count };
    },
  };
}

/** Nothing in memory is older than the program. */
export function createMigrations(): MigrationRepository {
  let stored: number | null = null;
  return {
    storedVersion: async () => stored,
    pending: () => [],
    run: async () => undefined,
    async stamp(version) {
      stored = Math.max(stored ?? 0, version);
    },
    isRestoring: async () => false,
    endRestore: async () => undefined,
  };
}

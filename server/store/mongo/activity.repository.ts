/**
 * The append-only activity record in MongoDB, in buckets (see activity-bucket.ts and event-columns.ts).
 *
 * Buckets change only by compare-and-set on their event count, so concurrent writers never lose events. Users with
 * possibly outdated derived data are stored apart as marks: a small document per append that lists its users, written
 * before the buckets and deleted when the last of the users is applied. A mark may list up-to-date users; it never
 * misses an outdated user.
 */

import { randomUUID } from 'node:crypto';

import { type Connection, Schema } from 'mongoose';

import type { BehaviourEvent } from '../../domain/index.js';
import { groupBy, byTime } from '../../domain/index.js';
import {
  MAX_BUCKET_EVENTS,
  eventKey,
  isoWeek,
  packHistory,
  weeksSpan,
  withoutRepeats,
} from '../activity-bucket.js';
import type { ActivityBucket, ActivityRepository, AppendOptions, PendingMark } from '../repositories.js';

import { CURSOR_BATCH, DERIVED, batchesOf, findByIds } from './batches.js';
import { compareAndSet } from './compare-and-set.js';
import { packEvents, unpackEvents } from './event-columns.js';
import type { WriteLane } from './write-lane.js';

/** Conflicts on a bucket are rare and both writers retry at once; this many in a row indicate a fault. */
const MAX_ATTEMPTS = 20;

interface BucketDocument {
  _id: string;
  userId: string;
  week: string;
  part: number;
  /** Number of events; rises with every write. */
  count: number;
  firstAt: number;
  lastAt: number;
  events: string;
}

const activitySchema = new Schema<BucketDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    week: { type: String, required: true },
    part: { type: Number, required: true },
    count: { type: Number, required: true },
    firstAt: Number,
    lastAt: Number,
    events: { type: String, required: true },
  },
  { collection: 'activity', versionKey: false, autoIndex: false },
);
activitySchema.index({ userId: 1, week: 1, part: 1 }, { unique: true });

/**
 * Append duration above which its users are marked again before it is acknowledged: another process may adopt a mark
 * after a few seconds.
 */
const MARK_GOOD_MS = 1_000;

interface PendingDocument {
  _id: string;
  userIds: string[];
  isBulk?: true;
}

const pendingActivitySchema = new Schema<PendingDocument>(
  { _id: { type: String, required: true }, userIds: [String], isBulk: Boolean },
  { collection: 'pendingActivity', versionKey: false, autoIndex: false },
);

export function createActivityRepository(
  connection: Connection,
  { lane, clock, isSharded }: { lane: WriteLane; clock: () => number; isSharded: boolean },
): ActivityRepository {
  const model = connection.model('ActivityBucket', activitySchema);
  const pending = connection.model('PendingActivity', pendingActivitySchema);
  // Shards share no journal: the mark of a thumb may be removed on another shard while its event is not on disk yet.
  const durability = isSharded ? {} : DERIVED;
  /** Marks that this process wrote or adopted, each with its users that are not yet applied. */
  const marks = new Map<string, Set<string>>();

  async function mark(userIds: Iterable<string>, isBulk: boolean): Promise<void> {
    const _id = randomUUID();
    const waiting = new Set(userIds);
    await pending.collection.insertOne({ _id, userIds: [...waiting], ...(isBulk && { isBulk }) } as never);
    marks.set(_id, waiting);
  }

  /** Writes bucket documents; returns the users whose buckets a concurrent writer changed first. */
  async function write(
    rows: readonly { bucket: BucketDocument; grownFrom: number }[],
    isDerived = false,
  ): Promise<Set<string>> {
    const replacements = rows.map(({ bucket, grownFrom }) => ({
      document: bucket,
      expected: grownFrom === 0 ? null : { userId: bucket.userId, count: grownFrom },
    }));
    const put = (options: Parameters<typeof compareAndSet>[2]) =>
      compareAndSet<BucketDocument>(model.collection, replacements, options);
    const refused = await (isDerived ? lane.derived(() => put(durability)) : put({}));
    const owners = new Map(rows.map(({ bucket }) => [bucket._id, bucket.userId]));
    return new Set(refused.map((bucketId) => owners.get(bucketId)!));
  }

  async function appendFresh(events: readonly BehaviourEvent[]): Promise<BehaviourEvent[]> {
    const users = groupBy(withoutRepeats(events), (event) => event.userId);
    await mark(users.keys(), true);
    const rows = [...users].flatMap(([userId, history]) =>
      packHistory(userId, history).map((bucket) => ({ bucket: toDocument(bucket), grownFrom: 0 })),
    );
    const refused = await write(rows);
    const stored = [...users].filter(([userId]) => !refused.has(userId)).flatMap(([, history]) => history);
    if (refused.size === 0) return stored;
    // These users already had events; append finds their stored buckets by event id.
    return [
      ...stored,
      ...(await append(
        events.filter((event) => refused.has(event.userId)),
        { bulk: true },
      )),
    ];
  }

  async function append(
    events: readonly BehaviourEvent[],
    { derived: isDerived = false, bulk: isBulk = false }: AppendOptions,
  ): Promise<BehaviourEvent[]> {
    const isNew = new Set<string>();
    let markedAt: number | null = null;
    let waiting = groupBy(withoutRepeats(events), (event) => event.userId);
    for (let attempt = 0; waiting.size > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`Append conflicted with other writers ${MAX_ATTEMPTS} times in a row.`);
      const found = await (isDerived ? lane.derived(() => findBuckets(waiting)) : findBuckets(waiting));
      const buckets = groupBy(found, (bucket) => bucket.userId);
      const rows = [...waiting].flatMap(([userId, batch]) => grow(userId, batch, buckets.get(userId) ?? []));
      for (const { added } of rows) for (const event of added) isNew.add(eventKey(event));
      if (attempt === 0 && rows.length > 0 && !isDerived) {
        await mark(
          rows.map((row) => row.bucket.userId),
          isBulk,
        );
        markedAt = clock();
      }
      const refused = await write(rows, isDerived);
      waiting = new Map([...waiting].filter(([userId]) => refused.has(userId)));
    }
    const added = withoutRepeats(events).filter((event) => isNew.has(eventKey(event)));
    if (markedAt !== null && clock() - markedAt > MARK_GOOD_MS)
      await mark(
        added.map(({ userId }) => userId),
        isBulk,
      );
    return added;
  }

  /** Finds all buckets that touch the weeks of these events: they may hold the events, or receive them. */
  function findBuckets(users: ReadonlyMap<string, readonly BehaviourEvent[]>): Promise<BucketDocument[]> {
    const [firstAt, lastAt] = spanOf([...users.values()].flat());
    const [from, to] = weeksSpan(firstAt, lastAt);
    return findByIds([...users.keys()], (part) =>
      model.find({ userId: { $in: part }, lastAt: { $gte: from }, firstAt: { $lt: to } }).lean(),
    );
  }

  async function findForeignMarks(): Promise<PendingMark[]> {
    const found = await pending.find().lean();
    return found
      .filter(({ _id }) => !marks.has(_id))
      .map(({ _id: markId, userIds, isBulk = false }) => ({ markId, userIds, isBulk }));
  }

  return {
    append: (events, options) => {
      if (events.length === 0) return Promise.resolve([]);
      return options?.fresh === true ? appendFresh(events) : append(events, options ?? {});
    },
    async findByUser(userId) {
      const buckets = await model.find({ userId }).lean();
      return buckets.flatMap((bucket) => unpackEvents(userId, bucket.events)).sort(byTime);
    },
    async findBefore(userIds, before) {
      const buckets = await findByIds(userIds, (part) =>
        model.find({ userId: { $in: part }, firstAt: { $lt: before } }).lean(),
      );
      return buckets
        .flatMap((bucket) => unpackEvents(bucket.userId, bucket.events))
        .filter((event) => event.at < before)
        .sort(byTime);
    },
    async *streamByUser() {
      const cursor = model
        .find()
        .sort({ userId: 1, week: 1, part: 1 })
        .lean()
        .cursor({ batchSize: CURSOR_BATCH });
      let userId: string | null = null;
      let events: BehaviourEvent[] = [];
      for await (const bucket of cursor) {
        if (userId !== null && bucket.userId !== userId) {
          yield { userId, events: events.sort(byTime) };
          events = [];
        }
        userId = bucket.userId;
        events.push(...unpackEvents(userId, bucket.events));
      }
      if (userId !== null) yield { userId, events: events.sort(byTime) };
    },
    async findPendingUsers() {
      const own = [...marks.values()].flatMap((userIds) => [...userIds]);
      const foreign = (await findForeignMarks()).flatMap(({ userIds }) => userIds);
      return [...new Set([...own, ...foreign])].sort();
    },
    findForeignMarks,
    adoptMarks(foreign) {
      for (const { markId, userIds } of foreign) if (!marks.has(markId)) marks.set(markId, new Set(userIds));
    },
    async markApplied(userIds) {
      const done: string[] = [];
      for (const [markId, waiting] of marks) {
        for (const userId of userIds) waiting.delete(userId);
        if (waiting.size === 0) done.push(markId);
      }
      for (const part of batchesOf(done)) {
        await lane.derived(() => pending.deleteMany({ _id: { $in: part } }).exec());
        for (const markId of part) marks.delete(markId);
      }
    },
    async countEvents() {
      const [total] = await model.aggregate<{ count: number }>([
        { $group: { _id: null, count: { $sum: '$count' } } },
      ]);
      return total?.count ?? 0;
    },
    async deleteByUser(userId) {
      const buckets = await model.find({ userId }, { count: 1 }).lean();
      await model.deleteMany({ userId });
      await pending.updateMany({ userIds: userId }, { $pull: { userIds: userId } });
      for (const waiting of marks.values()) waiting.delete(userId);
      return buckets.reduce((sum, bucket) => sum + bucket.count, 0);
    },
    async deleteAll() {
      await model.deleteMany({});
      await pending.deleteMany({});
      marks.clear();
    },
  };
}

/** Bucket documents to write so that the user's buckets hold these events too; none for events already stored. */
function grow(
  userId: string,
  events: readonly BehaviourEvent[],
  buckets: readonly BucketDocument[],
): { bucket: BucketDocument; grownFrom: number; added: BehaviourEvent[] }[] {
  const stored = new Set(
    buckets.flatMap((bucket) => unpackEvents(userId, bucket.events).map((event) => event.id)),
  );
  const fresh = events.filter((event) => !stored.has(event.id)).sort(byTime);
  return [...groupBy(fresh, (event) => isoWeek(event.at))].flatMap(([week, rest]) => {
    const last = buckets
      .filter((bucket) => bucket.week === week)
      .reduce<BucketDocument | null>(
        (best, bucket) => (best === null || bucket.part > best.part ? bucket : best),
        null,
      );
    const rows = [];
    let part = last?.part ?? 0;
    let held = last === null ? [] : unpackEvents(userId, last.events);
    for (let start = 0; start < rest.length;) {
      const added = rest.slice(start, start + MAX_BUCKET_EVENTS - held.length);
      if (added.length > 0) {
        const bucket = toDocument({ userId, week, part, events: [...held, ...added] });
        rows.push({ bucket, grownFrom: held.length, added });
      }
      start += added.length;
      part += 1;
      held = [];
    }
    return rows;
  });
}

function toDocument({ userId, week, part, events }: ActivityBucket): BucketDocument {
  const [firstAt, lastAt] = spanOf(events);
  const _id = `${userId}/${week}/${part}`;
  return { _id, userId, week, part, count: events.length, firstAt, lastAt, events: packEvents(events) };
}

function spanOf(events: readonly BehaviourEvent[]): [number, number] {
  let [firstAt, lastAt] = [Infinity, -Infinity];
  for (const { at } of events) {
    firstAt = Math.min(firstAt, at);
    lastAt = Math.max(lastAt, at);
  }
  return [firstAt, lastAt];
}

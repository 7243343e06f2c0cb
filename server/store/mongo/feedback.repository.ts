/**
 * The latest feedback of each user on each item, and the stream of new feedback.
 *
 * A thumb is a write that compares `seq` with the value this process last saw, plus a read only when that value was
 * stale or the thumb repeats the stored opinion. findOneAndUpdate would do the same in a single round trip, but a
 * MongoDB-compatible server may scan the collection for it and, under concurrent thumbs, return the wrong previous
 * thumb.
 *
 * Thumbs submitted during a write go together in the next write: a server handles a batch much faster than single
 * thumbs, so under load no queue of writes builds up.
 */

import { type Connection, Schema } from 'mongoose';

import type { Feedback } from '../../domain/index.js';
import { groupBy, isVoidRetraction } from '../../domain/index.js';
import type { FeedbackRepository } from '../repositories.js';

import { DERIVED, batchesOf, findByIds } from './batches.js';
import { changes } from './change-stream.js';
import { compareAndSet } from './compare-and-set.js';
import type { WriteLane } from './write-lane.js';

interface FeedbackDocument extends Feedback {
  _id: string;
  /** Set while activity and profile may lack it; unset afterwards, which keeps the index tiny. */
  pending?: true;
  /** Opinions replaced by this document before they were applied, oldest first. */
  trail?: Feedback[];
}

/** A thumb as this process last stored or read it. */
interface KnownThumb {
  readonly feedback: Feedback;
  isPending: boolean;
  /** Earlier thumbs that are not applied yet, oldest first. */
  trail: readonly Feedback[];
}

const feedbackSchema = new Schema<FeedbackDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    itemId: { type: String, required: true },
    value: { type: Number, enum: [1, -1, 0], required: true },
    at: Number,
    listId: String,
    position: Number,
    modelVersion: Number,
    origin: String,
    seq: Number,
    afterEvents: Number,
    trace: String,
    pending: Boolean,
    trail: [Schema.Types.Mixed],
  },
  { collection: 'feedback', versionKey: false, autoIndex: false },
);
feedbackSchema.index({ userId: 1 });
feedbackSchema.index({ pending: 1 }, { sparse: true });

/**
 * Max attempts of a thumb. Concurrent thumbs of a user on the same item are rare; each conflict lets a thumb through.
 */
const MAX_ATTEMPTS = 50;
/** Max thumbs per bulk write; small batches let other commands interleave. */
const MAX_TOGETHER = 32;
/** Marks per write. Thumbs may wait for a write of marks in progress, so it is kept short. */
const MARKS_PER_WRITE = 8;
const KNOWN_THUMBS = 50_000;
const UNKNOWN = -1;

type Outcome = Awaited<ReturnType<FeedbackRepository['submit']>>;

interface Submission {
  readonly _id: string;
  readonly feedback: Omit<Feedback, 'seq'>;
  /** How often a concurrent thumb was stored first. */
  nRefused: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export function createFeedbackRepository(
  connection: Connection,
  { hasChangeStreams, lane }: { hasChangeStreams: boolean; lane: WriteLane },
): FeedbackRepository {
  const model = connection.model('Feedback', feedbackSchema);
  /** Thumbs last stored or read by this process: a hint only, corrected by the comparison. */
  const known = new Map<string, KnownThumb>();
  let waiting: Submission[] = [];
  let isWriting = false;

  function submit(feedback: Omit<Feedback, 'seq'>): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      waiting.push({ _id: keyOf(feedback), feedback, nRefused: 0, resolve, reject });
      if (!isWriting) void writeWaiting();
    });
  }

  async function writeWaiting(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      await write(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    isWriting = false;
  }

  /**
   * Takes the oldest waiting thumbs, at most a single thumb per user and item, since each is compared with its
   * predecessor.
   */
  function takeBatch(): Submission[] {
    const batch = new Map<string, Submission>();
    const rest: Submission[] = [];
    for (const submission of waiting) {
      if (batch.has(submission._id) || batch.size === MAX_TOGETHER) rest.push(submission);
      else batch.set(submission._id, submission);
    }
    waiting = rest;
    return [...batch.values()];
  }

  async function write(batch: readonly Submission[]): Promise<void> {
    if (known.size >= KNOWN_THUMBS) known.clear();
    await readAgain(
      batch.filter(
        ({ _id, feedback, nRefused }) => nRefused > 0 || known.get(_id)?.feedback.value === feedback.value,
      ),
    );
    const rows = [];
    for (const submission of batch) {
      const before = known.get(submission._id);
      const previous = before?.feedback ?? null;
      if (previous !== null && previous.value === submission.feedback.value) {
        submission.resolve({ stored: previous, previous, unapplied: [] });
        continue;
      }
      const stored = { ...submission.feedback, seq: (previous?.seq ?? 0) + 1 };
      const trail = before?.isPending === true ? [...before.trail, before.feedback] : [];
      rows.push({ submission, previous, stored, trail });
    }
    const refused = new Set(
      await compareAndSet<FeedbackDocument>(
        model.collection,
        rows.map(({ submission: { _id }, previous, stored, trail }) => ({
          document: {
            ...{ _id, ...stored },
            ...(isVoidRetraction(stored) ? {} : { pending: true }),
            ...(previous === null ? {} : { trail }),
          },
          expected: previous === null ? null : { userId: stored.userId, seq: previous.seq },
        })),
      ),
    );
    const again: Submission[] = [];
    for (const { submission, previous, stored, trail } of rows) {
      if (!refused.has(submission._id)) {
        known.set(submission._id, { feedback: stored, isPending: !isVoidRetraction(stored), trail });
        submission.resolve({ stored, previous, unapplied: trail });
      } else if ((submission.nRefused += 1) < MAX_ATTEMPTS) again.push(submission);
      else
        submission.reject(
          new Error(`A thumb conflicted with other thumbs on the same item ${MAX_ATTEMPTS} times in a row.`),
        );
    }
    waiting.unshift(...again);
  }

  async function readAgain(unsure: readonly Submission[]): Promise<void> {
    const ids = unsure.map(({ _id }) => _id);
    for (const _id of ids) known.delete(_id);
    for (const found of await findByIds(ids, (part) => model.find({ _id: { $in: part } }).lean())) {
      const { pending, trail = [] } = found;
      known.set(found._id, { feedback: toFeedback(found), isPending: pending === true, trail });
    }
  }

  /** A pending thumb, preceded by the thumbs it replaced that are not applied yet. */
  function withTrail(document: FeedbackDocument): Feedback[] {
    const feedback = toFeedback(document);
    const own = known.get(document._id);
    // The next thumb clears, in the database, the part of the trail that this process has applied.
    const trail = own?.feedback.seq === feedback.seq ? own.trail : (document.trail ?? []);
    return [...trail, feedback];
  }

  const rowsOf = (userIds: readonly string[]) =>
    findByIds(userIds, (part) => model.find({ userId: { $in: part } }).lean());

  return {
    submit: (feedback) => lane.urgent(() => submit(feedback)),
    findByUser: async (userId) => (await model.find({ userId }).lean()).map(toFeedback),
    findByUsers: async (userIds) => (await rowsOf(userIds)).map(toFeedback),
    findPending: async () => (await model.find({ pending: true }).lean()).flatMap(withTrail),
    // Queries by the user index; with `pending` in the query, a planner might choose that index.
    async findPendingByUsers(userIds) {
      const rows = await lane.urgent(() => rowsOf(userIds));
      return rows.filter((row) => row.pending === true).flatMap(withTrail);
    },
    async markApplied(rows) {
      // An update of many documents takes half the server time of a batch of single updates.
      for (const alike of groupBy(rows, (row) => String(row.seq)).values()) {
        const [{ seq }] = alike;
        for (const part of batchesOf(alike, MARKS_PER_WRITE)) {
          // The user ids lead a sharded cluster to the shards that hold the thumbs.
          const userIds = [...new Set(part.map(({ userId }) => userId))];
          const thumbs = { _id: { $in: part.map(keyOf) }, userId: { $in: userIds }, seq };
          await lane.derived(() =>
            model.updateMany(thumbs, { $unset: { pending: 1, trail: 1 } }, DERIVED).exec(),
          );
        }
        for (const row of alike) {
          const own = known.get(keyOf(row));
          if (own === undefined) continue;
          own.trail = own.trail.filter((earlier) => earlier.seq > seq);
          if (own.feedback.seq === seq) own.isPending = false;
        }
      }
    },
    count: () => model.countDocuments(),
    async deleteByUser(userId) {
      const { deletedCount } = await model.deleteMany({ userId });
      for (const key of known.keys()) if (key.startsWith(`${userId}:`)) known.delete(key);
      return deletedCount;
    },
    watch: ({ resumeToken, signal, onStart }) =>
      hasChangeStreams
        ? changes({
            connection,
            collection: 'feedback',
            resumeToken,
            signal,
            onStart,
            read: (document, token) => ({
              feedback: toFeedback(document as FeedbackDocument),
              resumeToken: token,
            }),
          })
        : null,
  };
}

/** User ids are hexadecimal, so the first colon ends the user id even if the item id contains colons. */
function keyOf({ userId, itemId }: Pick<Feedback, 'userId' | 'itemId'>): string {
  return `${userId}:${itemId}`;
}

function toFeedback(document: FeedbackDocument): Feedback {
  const { userId, itemId, value, at, listId, position, modelVersion, origin, seq } = document;
  // Absent in documents of earlier releases.
  const { afterEvents = UNKNOWN, trace } = document;
  const feedback = { userId, itemId, value, at, listId, position, modelVersion, origin, seq, afterEvents };
  return trace === undefined ? feedback : { ...feedback, trace };
}

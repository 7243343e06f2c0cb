/**
 * The latest opinion of each user about each item, and the stream of opinions as they come.
 *
 * A thumb is one write that compares `seq` with what this process last knew of it, and a read only where that was wrong.
 * One findOneAndUpdate would do the same in a
 * single round trip, but a MongoDB-compatible server may scan the collection for it and, when thumbs meet, tell of
 * another thumb as the one before.
 */

import { type Connection, Schema } from 'mongoose';

import type { Feedback } from '../../domain/index.js';
import type { FeedbackRepository } from '../repositories.js';

import { DERIVED, batchesOf, findByIds } from './batches.js';
import { changes } from './change-stream.js';
import { compareAndSet } from './compare-and-set.js';
import type { WriteLane } from './write-lane.js';

interface FeedbackDocument extends Feedback {
  _id: string;
  /** There while activity and profile may not know of it yet; gone afterwards, which keeps its index tiny. */
  pending?: true;
}

export const feedbackSchema = new Schema<FeedbackDocument>(
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
    pending: Boolean,
  },
  { collection: 'feedback', versionKey: false, autoIndex: false },
);
feedbackSchema.index({ userId: 1 });
feedbackSchema.index({ at: 1 });
feedbackSchema.index({ pending: 1 }, { sparse: true });

/** Thumbs of one user about one item meet seldom; each meeting lets one of them through. */
const MAX_ATTEMPTS = 50;
const KNOWN_THUMBS = 50_000;

export function createFeedbackRepository(
  connection: Connection,
  { hasChangeStreams, lane }: { hasChangeStreams: boolean; lane: WriteLane },
): FeedbackRepository {
  const model = connection.model('Feedback', feedbackSchema);
  /** What this process last stored; a hint, which the comparison corrects. */
  const known = new Map<string, Feedback>();

  async function read(_id: string): Promise<Feedback | null> {
    const found = await model.findById(_id).lean();
    return found === null ? null : toFeedback(found);
  }

  async function submit(
    feedback: Omit<Feedback, 'seq'>,
  ): Promise<{ stored: Feedback; previous: Feedback | null }> {
    const _id = keyOf(feedback);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const previous = attempt === 0 ? (known.get(_id) ?? null) : await read(_id);
      const stored = { ...feedback, seq: (previous?.seq ?? 0) + 1 };
      const document = { _id, ...stored, pending: true as const };
      const expected = previous === null ? null : { seq: previous.seq };
      const refused = await compareAndSet<FeedbackDocument>(model.collection, [{ document, expected }]);
      if (refused.length > 0) continue;
      if (known.size >= KNOWN_THUMBS) known.clear();
      known.set(_id, stored);
      return { stored, previous };
    }
    throw new Error(`A thumb met other thumbs about the same item ${MAX_ATTEMPTS} times in a row.`);
  }

  return {
    submit: (feedback) => lane.urgent(() => submit(feedback)),
    findByUser: async (userId) => (await model.find({ userId }).lean()).map(toFeedback),
    findByUsers: async (userIds) =>
      (await findByIds(userIds, (part) => model.find({ userId: { $in: part } }).lean())).map(toFeedback),
    findPending: async () => (await model.find({ pending: true }).lean()).map(toFeedback),
    // The user's index decides; naming `pending` in the query would tempt a planner to walk that one.
    findPendingByUser: async (userId) =>
      (await model.find({ userId }).lean()).filter((row) => row.pending === true).map(toFeedback),
    findPendingByUsers: async (userIds) =>
      (await findByIds(userIds, (part) => model.find({ userId: { $in: part } }).lean()))
        .filter((row) => row.pending === true)
        .map(toFeedback),
    async markApplied(rows) {
      for (const batch of batchesOf(rows)) {
        const writes = batch.map((row) => ({
          updateOne: { filter: { _id: keyOf(row), seq: row.seq }, update: { $unset: { pending: 1 } } },
        }));
        await lane.derived(() => model.collection.bulkWrite(writes as never, { ordered: false, ...DERIVED }));
      }
    },
    count: () => model.countDocuments(),
    deleteByUser: async (userId) => (await model.deleteMany({ userId })).deletedCount,
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

/** A user id is hexadecimal, so the first colon ends it whatever the item id holds. */
function keyOf({ userId, itemId }: Pick<Feedback, 'userId' | 'itemId'>): string {
  return `${userId}:${itemId}`;
}

function toFeedback(document: FeedbackDocument): Feedback {
  const { userId, itemId, value, at, listId, position, modelVersion, origin, seq } = document;
  return { userId, itemId, value, at, listId, position, modelVersion, origin, seq };
}

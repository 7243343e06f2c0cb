/** Notices between instances. They are read as they arrive and expire after an hour. */

import { randomUUID } from 'node:crypto';

import { type Connection, Schema } from 'mongoose';

import type { Notice, NoticeRepository } from '../repositories.js';

import { DERIVED } from './batches.js';
import { changes } from './change-stream.js';

const KEPT_SECONDS = 3_600;

interface NoticeDocument extends Omit<Notice, 'at'> {
  _id: string;
  at: Date;
}

const noticeSchema = new Schema<NoticeDocument>(
  {
    _id: { type: String, required: true },
    kind: { type: String, required: true },
    origin: { type: String, required: true },
    userIds: [String],
    itemIds: { type: [String], default: null },
    at: { type: Date, required: true },
  },
  { collection: 'notices', versionKey: false, autoIndex: false },
);
noticeSchema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });

export function createNoticeRepository(connection: Connection, hasChangeStreams: boolean): NoticeRepository {
  const model = connection.model('Notice', noticeSchema);
  return {
    async append(notice) {
      if (!hasChangeStreams) return;
      const document = { ...notice, _id: randomUUID(), at: new Date(notice.at) };
      await model.collection.insertOne(document as never, DERIVED);
    },
    async forgetUser(userId) {
      await model.updateMany({ userIds: userId }, { $pull: { userIds: userId } });
    },
    watch: ({ signal, onStart }) =>
      hasChangeStreams
        ? changes({
            connection,
            collection: 'notices',
            signal,
            onStart,
            read: (document) => {
              const { kind, origin, userIds, itemIds, at } = document as NoticeDocument;
              // Notices of an earlier release lack item ids: any item may have changed.
              return { kind, origin, userIds, itemIds: itemIds ?? null, at: at.getTime() };
            },
          })
        : null,
  };
}

/** Runs of jobs in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { TrainingRun } from '../../domain/index.js';
import type { RunRepository } from '../repositories.js';

import { changes } from './change-stream.js';

interface RunDocument extends Omit<TrainingRun, 'runId'> {
  _id: string;
  /** Requested on any instance; the instance that runs the job reads it when it stores its progress. */
  isCancelRequested?: boolean;
}

const runSchema = new Schema<RunDocument>(
  {
    _id: { type: String, required: true },
    job: { type: String, required: true },
    state: String,
    stage: String,
    progress: Number,
    remainingMs: Number,
    startedAt: Number,
    endedAt: Number,
    error: String,
    host: String,
    modelVersion: Number,
    trigger: String,
    isCancelRequested: Boolean,
  },
  { collection: 'runs', versionKey: false, autoIndex: false },
);
runSchema.index({ job: 1, startedAt: -1 });

export function createRunRepository(connection: Connection, hasChangeStreams: boolean): RunRepository {
  const model = connection.model('Run', runSchema);
  return {
    async replace({ runId, ...rest }) {
      const stored = await model
        .findOneAndUpdate({ _id: runId }, { $set: rest }, { upsert: true, returnDocument: 'after' })
        .lean<RunDocument>();
      return stored?.isCancelRequested ?? false;
    },
    async requestCancel(runId) {
      const running = { _id: runId, state: 'running' as const };
      return (await model.updateOne(running, { $set: { isCancelRequested: true } })).matchedCount === 1;
    },
    async find(runId) {
      const found = await model.findById(runId).lean();
      return found === null ? null : toRun(found);
    },
    list: async (job, limit) =>
      (await model.find({ job }).sort({ startedAt: -1 }).limit(limit).lean()).map(toRun),
    watch: ({ signal }) =>
      hasChangeStreams
        ? changes({
            connection,
            collection: 'runs',
            signal,
            read: (document) => toRun(document as RunDocument),
          })
        : null,
  };
}

function toRun({ _id, isCancelRequested: _isCancelRequested, ...rest }: RunDocument): TrainingRun {
  return { runId: _id, ...rest };
}

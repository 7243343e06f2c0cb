/** Runs of jobs in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { TrainingRun } from '../../domain/index.js';
import type { RunRepository } from '../repositories.js';

interface RunDocument extends Omit<TrainingRun, 'runId'> {
  _id: string;
}

export const runSchema = new Schema<RunDocument>(
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
  },
  { collection: 'runs', versionKey: false, autoIndex: false },
);
runSchema.index({ job: 1, startedAt: -1 });

export function createRunRepository(connection: Connection): RunRepository {
  const model = connection.model('Run', runSchema);
  return {
    async replace({ runId, ...rest }) {
      await model.replaceOne({ _id: runId }, rest, { upsert: true });
    },
    async find(runId) {
      const found = await model.findById(runId).lean();
      return found === null ? null : toRun(found);
    },
    list: async (job, limit) =>
      (await model.find({ job }).sort({ startedAt: -1 }).limit(limit).lean()).map(toRun),
  };
}

function toRun({ _id, ...rest }: RunDocument): TrainingRun {
  return { runId: _id, ...rest };
}

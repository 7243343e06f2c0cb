/** Marks of a span: what changed in the system, and when. */

import { describe, expect, it } from 'vitest';

import type { ImportRecord, ModelVersion, TrainingRun } from '../../../server/domain/index.js';
import { marksIn } from '../../../server/services/analytics/marks.js';

const run = (modelVersion: number, endedAt: number | null, state: TrainingRun['state'] = 'succeeded') =>
  ({ modelVersion, endedAt, state }) as TrainingRun;
const model = (version: number, activation: number, activatedAt: number | null) =>
  ({ version, activation, activatedAt }) as ModelVersion;
const record = (at: number) => ({ importId: `i${at}`, at }) as ImportRecord;
const NOTHING = { runs: [], models: [], imports: [] };

describe('marks', () => {
  it('lists retrains, activations and imports of the span in order of time', () => {
    const marks = marksIn(
      { from: 10, to: 50 },
      {
        runs: [run(2, 20), run(3, 30, 'failed'), run(4, null, 'running'), run(5, 50)],
        models: [model(1, 1, 5), model(2, 2, 21), model(3, 0, null)],
        imports: [record(15), record(9)],
      },
    );
    expect(marks.map(({ at, kind, modelVersion }) => [at, kind, modelVersion])).toEqual([
      [15, 'import', null],
      [20, 'retrain', 2],
      [21, 'activation', 2],
    ]);
    expect(marks[0].import).toEqual(record(15));
  });

  it('calls an activation a roll-back if a later version was active before it', () => {
    const models = [model(1, 3, 30), model(2, 2, 20), model(3, 4, 40)];
    expect(
      marksIn({ from: 0, to: 100 }, { ...NOTHING, models }).map(({ kind, modelVersion }) => [
        kind,
        modelVersion,
      ]),
    ).toEqual([
      ['activation', 2],
      ['rollback', 1],
      ['activation', 3],
    ]);
  });
});

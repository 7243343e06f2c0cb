/** Changes of the system that may explain a change of its figures: retrains, activations, roll-backs, imports. Pure. */

import type { AnalyticsMark, ImportRecord, ModelVersion, TrainingRun } from '../../domain/index.js';

import type { Span } from './analytics-report.js';

interface Changes {
  readonly runs: readonly TrainingRun[];
  readonly models: readonly ModelVersion[];
  readonly imports: readonly ImportRecord[];
}

/** The marks of a span in order of time. Of each version, only its latest activation is known. */
export function marksIn({ from, to }: Pick<Span, 'from' | 'to'>, changes: Changes): AnalyticsMark[] {
  const marks = [
    ...changes.runs.flatMap(({ state, endedAt, modelVersion }) =>
      state === 'succeeded' && endedAt !== null ? [markOf('retrain', endedAt, modelVersion)] : [],
    ),
    ...changes.models.flatMap((model) =>
      model.activatedAt === null
        ? []
        : [
            markOf(
              isRollBack(model, changes.models) ? 'rollback' : 'activation',
              model.activatedAt,
              model.version,
            ),
          ],
    ),
    ...changes.imports.map((record) => ({ ...markOf('import', record.at, null), import: record })),
  ];
  return marks.filter(({ at }) => at >= from && at < to).sort((a, b) => a.at - b.at);
}

/** True if a later version was active before this activation. */
function isRollBack(model: ModelVersion, models: readonly ModelVersion[]): boolean {
  return models.some(
    ({ version, activation }) => version > model.version && activation > 0 && activation < model.activation,
  );
}

function markOf(kind: AnalyticsMark['kind'], at: number, modelVersion: number | null): AnalyticsMark {
  return { at, kind, modelVersion, import: null };
}

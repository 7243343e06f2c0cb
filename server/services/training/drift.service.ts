/**
 * Drift detection: compares users' behaviour with that of the users the active version was trained on.
 */

import type { AlertThresholds, DriftReport, DriftThresholds, Logger } from '../../domain/index.js';
import { personaRows } from '../../features/index.js';
import type { Drift } from '../../learning/index.js';
import { packPersonas } from '../../learning/index.js';
import type { Store } from '../../store/index.js';
import type { Trainer } from '../../workers/index.js';

import type { AlertService, ModelRegistry, ServingModel } from '../models/index.js';
import { holdLease } from './job-lease.js';
import { loadDataset } from './load-dataset.js';
import { checkQuality } from './quality.js';
import type { DriftPort } from '../index.js';

const DRIFT_JOB = 'drift';

/**
 * A population stability index above 0.25 conventionally marks a significant shift. For a centroid, the limit is half
 * the typical distance of a user from it; for a persona's share, a tenth of all users.
 */
export const DRIFT_THRESHOLDS: DriftThresholds = { psi: 0.25, centroid: 0.5, share: 0.1 };

/**
 * Two samples of the same distribution in ten bins have an index of about (1/n + 1/m) times chi-squared with nine
 * degrees of freedom; 16.9 is its 95th percentile. Added to the threshold, it allows for the chance deviations of small
 * samples.
 */
const CHANCE = 16.9;

interface DriftServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly alerts: AlertService;
  readonly trainer: Pick<Trainer, 'measureDrift'>;
  readonly thresholds: () => Promise<AlertThresholds>;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

export class DriftService implements DriftPort {
  constructor(private readonly options: DriftServiceOptions) {}

  report(): Promise<DriftReport | null> {
    return this.options.store.drift.find();
  }

  async isDue(slot: number): Promise<boolean> {
    const model = this.options.registry.find();
    if (model === null || model.meta.trainedAt >= slot) return false;
    return ((await this.report())?.measuredAt ?? -Infinity) < slot;
  }

  /** Measures all users against the active version. Null before the first training. */
  async check(signal?: AbortSignal): Promise<DriftReport | null> {
    const { store, registry, instanceId, clock, log } = this.options;
    const model = registry.find();
    if (model === null) return null;
    const lease = await holdLease({ store, clock, log, job: DRIFT_JOB, owner: instanceId });
    try {
      await checkQuality(this.options, model);
      return await this.measure(model, signal);
    } finally {
      await lease.release();
    }
  }

  private async measure(model: ServingModel, signal?: AbortSignal): Promise<DriftReport> {
    const { store, trainer, clock } = this.options;
    const { dataset } = await loadDataset({ store, clock, signal });
    const { rows, features } = personaRows(dataset);
    const nUsers = rows.length;
    const input = { personas: packPersonas(model.personas), features };
    const drift = await trainer.measureDrift(input, { signal });
    return this.record(model, { ...drift, nUsers, isActive: true });
  }

  /** Stores the report, and raises an alert if the version is still active. */
  async record(
    { version, meta, personas }: ServingModel,
    drift: Drift & { readonly nUsers: number; readonly isActive: boolean },
  ): Promise<DriftReport> {
    const { store, clock } = this.options;
    const { psi: limit, centroid, share } = await this.options.thresholds();
    const psi = limit + CHANCE * (1 / drift.nUsers + 1 / Math.max(1, meta.dataset.nUsers));
    const thresholds = { psi, centroid, share };
    const features = personas.preprocessing.names.map((feature, column) => {
      const value = drift.stability[column];
      return { feature, psi: value, isDrifting: value > thresholds.psi };
    });
    const moved = drift.personas.map((persona) => {
      const shareShift = persona.share - persona.previousShare;
      const isDrifting =
        persona.centroidShift > thresholds.centroid || Math.abs(shareShift) > thresholds.share;
      return { ...persona, shareShift, isDrifting };
    });
    const isDrifting = [...features, ...moved].some((row) => row.isDrifting);
    const report: DriftReport = {
      ...{ modelVersion: version, measuredAt: clock(), nUsers: drift.nUsers, isDrifting },
      ...{ features, personas: moved, thresholds },
    };
    await store.drift.replace(report);
    if (isDrifting && drift.isActive) await this.alarm(report);
    return report;
  }

  private alarm({ modelVersion, features, personas }: DriftReport): Promise<void> {
    const values = [
      ...features.filter((row) => row.isDrifting).map(({ feature, psi }) => [`psi ${feature}`, psi] as const),
      ...personas
        .filter((row) => row.isDrifting)
        .flatMap(({ personaId, centroidShift, shareShift }) => [
          [`centroid shift ${personaId}`, centroidShift] as const,
          [`share shift ${personaId}`, shareShift] as const,
        ]),
    ];
    return this.options.alerts.raise({
      ...{ alertId: `drift-${modelVersion}`, kind: 'drift', severity: 'warning' },
      message: `Users behave differently from the users that version ${modelVersion} was trained on. Retrain to update the personas.`,
      modelVersion,
      values: Object.fromEntries(values),
    });
  }
}

/**
 * Runs the retrain: one at a time in the whole installation, under a lease with a fence, with its progress in `runs`
 * and on the bus. The schedule, the command line and the admin's mutation all come through here.
 */

import type { EventPublisher, Logger, ModelVersion, TrainingRun, TrainingStage } from '../domain/index.js';
import { AlreadyRunningError, CancelledError, LeaseLostError, TRAINING_STAGES } from '../domain/index.js';
import type { Lease, Store } from '../store/index.js';

import type { TrainingService } from './services.js';

export const RETRAIN_JOB = 'retrain';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 10_000;
/** Progress is stored at most this often; the bus hears of every step. */
const STORE_PROGRESS_EVERY_MS = 500;

/** Share of a run's time that each stage takes on the synthetic data set; only the progress bar depends on it. */
const STAGE_SHARE: Readonly<Record<TrainingStage, number>> = {
  load: 0.2,
  features: 0.05,
  personas: 0.2,
  fit: 0.25,
  evaluate: 0.1,
  publish: 0.05,
  reassign: 0.15,
};

/** What a retrain is given while it walks its stages. */
export interface RetrainContext {
  readonly signal: AbortSignal;
  /** `fraction` of this stage, 0..1. */
  readonly report: (stage: TrainingStage, fraction: number) => void;
  /** Names the lease a publish must still hold. */
  readonly fence: { readonly job: string; readonly token: number };
}

export interface TrainingServiceOptions {
  readonly store: Store;
  readonly retrain: (context: RetrainContext) => Promise<ModelVersion>;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
}

interface ActiveRun {
  run: TrainingRun;
  readonly abort: AbortController;
  readonly listeners: Set<(run: TrainingRun) => void>;
  readonly done: Promise<TrainingRun>;
}

export class TrainingRunner implements TrainingService {
  private active: ActiveRun | null = null;
  private lastStoredAt = 0;
  /** The last write of progress, so that it can never land after the end of the run. */
  private storing: Promise<void> = Promise.resolve();

  constructor(private readonly options: TrainingServiceOptions) {}

  async start(trigger: TrainingRun['trigger']): Promise<TrainingRun> {
    return (await this.begin(trigger)).run;
  }

  async run(trigger: TrainingRun['trigger'], onProgress?: (run: TrainingRun) => void): Promise<TrainingRun> {
    const active = await this.begin(trigger);
    if (onProgress !== undefined) active.listeners.add(onProgress);
    return active.done;
  }

  async cancel(runId: string): Promise<boolean> {
    if (this.active?.run.runId !== runId) return false;
    this.active.abort.abort();
    await this.active.done;
    return true;
  }

  currentRun(): TrainingRun | null {
    return this.active?.run ?? null;
  }

  async findRun(runId: string): Promise<TrainingRun | null> {
    return this.active?.run.runId === runId ? this.active.run : this.options.store.runs.find(runId);
  }

  runs(first: number): Promise<TrainingRun[]> {
    return this.options.store.runs.list(RETRAIN_JOB, first);
  }

  /** Cancels a run in progress and waits for its end. */
  async close(): Promise<void> {
    if (this.active !== null) await this.cancel(this.active.run.runId);
  }

  private async begin(trigger: TrainingRun['trigger']): Promise<ActiveRun> {
    const { store, instanceId, clock } = this.options;
    const lease = await store.leases.acquire(RETRAIN_JOB, instanceId, LEASE_MS, clock());
    if (lease === null) {
      const holder = await store.leases.find(RETRAIN_JOB);
      throw new AlreadyRunningError(
        RETRAIN_JOB,
        holder?.owner ?? 'another instance',
        holder?.acquiredAt ?? clock(),
      );
    }
    const run = this.newRun(trigger);
    const abort = new AbortController();
    const listeners = new Set<(run: TrainingRun) => void>();
    // The promise body runs up to its first await before `active` is set; progress starts after it.
    const done = Promise.resolve().then(() => this.execute(lease, abort));
    this.active = { run, abort, listeners, done };
    await store.runs.replace(run);
    return this.active;
  }

  private newRun(trigger: TrainingRun['trigger']): TrainingRun {
    return {
      runId: this.options.createId(),
      job: RETRAIN_JOB,
      state: 'running',
      stage: 'load',
      progress: 0,
      remainingMs: null,
      startedAt: this.options.clock(),
      endedAt: null,
      error: null,
      host: this.options.instanceId,
      modelVersion: null,
      trigger,
    };
  }

  private async execute(lease: Lease, abort: AbortController): Promise<TrainingRun> {
    const { store, clock, log } = this.options;
    let isLeaseLost = false;
    const renewal = setInterval(() => {
      store.leases
        .renew(lease, LEASE_MS, clock())
        .then((isHeld) => {
          isLeaseLost = !isHeld;
          if (isLeaseLost) abort.abort();
        })
        .catch((error: unknown) => log.warn({ err: error }, 'the training lease could not be renewed'));
    }, RENEW_EVERY_MS);
    let outcome: Partial<TrainingRun>;
    try {
      const model = await this.options.retrain({
        signal: abort.signal,
        report: (stage, fraction) => this.progress(stage, fraction),
        fence: { job: RETRAIN_JOB, token: lease.fence },
      });
      outcome = { state: 'succeeded', progress: 1, remainingMs: 0, modelVersion: model.version };
    } catch (cause) {
      const error = isLeaseLost ? new LeaseLostError(RETRAIN_JOB) : cause;
      const isCancelled = abort.signal.aborted && !isLeaseLost;
      if (!isCancelled)
        log.error({ err: error }, 'training failed; the version that served before still serves');
      outcome = {
        state: isCancelled ? 'cancelled' : 'failed',
        error: isCancelled ? new CancelledError(RETRAIN_JOB).message : errorText(error),
      };
    } finally {
      clearInterval(renewal);
    }
    return this.finish(lease, outcome);
  }

  private async finish(lease: Lease, outcome: Partial<TrainingRun>): Promise<TrainingRun> {
    const { store, bus, clock, log } = this.options;
    const { run, listeners } = this.active!;
    const ended: TrainingRun = { ...run, ...outcome, endedAt: clock() };
    this.active!.run = ended;
    try {
      await this.storing;
      await store.runs.replace(ended);
      await store.leases.release(lease);
    } catch (error) {
      log.warn({ err: error }, 'the end of a training run could not be recorded; its lease will expire');
    }
    for (const listener of listeners) listener(ended);
    this.active = null;
    bus.publish('training.progressed', { runId: ended.runId });
    return ended;
  }

  private progress(stage: TrainingStage, fraction: number): void {
    const { store, bus, clock, log } = this.options;
    const active = this.active!;
    const before = TRAINING_STAGES.slice(0, TRAINING_STAGES.indexOf(stage));
    const progress = before.reduce((sum, name) => sum + STAGE_SHARE[name], 0) + STAGE_SHARE[stage] * fraction;
    const elapsedMs = clock() - active.run.startedAt;
    const remainingMs = progress > 0.02 ? Math.round((elapsedMs * (1 - progress)) / progress) : null;
    active.run = { ...active.run, stage, progress, remainingMs };
    for (const listener of active.listeners) listener(active.run);
    bus.publish('training.progressed', { runId: active.run.runId });
    if (clock() - this.lastStoredAt < STORE_PROGRESS_EVERY_MS) return;
    this.lastStoredAt = clock();
    this.storing = store.runs
      .replace(active.run)
      .catch((error: unknown) => log.debug({ err: error }, 'training progress was not stored'));
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

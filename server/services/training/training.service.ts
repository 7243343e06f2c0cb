/**
 * Runs the retrain: a single run at a time in the whole installation, under a lease with a fencing token, with its
 * progress in `runs` and on the bus. The schedule, the command line and the admin's mutation all use this service.
 */

import type { EventPublisher, Logger, ModelVersion, TrainingRun, TrainingStage } from '../../domain/index.js';
import { CancelledError, RETRAIN_JOB } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { AlertService } from '../models/index.js';
import type { HeldLease } from './job-lease.js';
import { holdLease, whenFree } from './job-lease.js';
import type { TrainingPort, TrainingSummary } from '../index.js';
import { StageShares } from './stage-shares.js';

/** Progress is stored at most this often; the bus receives every step. */
const STORE_PROGRESS_EVERY_MS = 500;
/** Polling interval while waiting for a run elsewhere. */
const LOOK_EVERY_MS = 250;
/** An instance that is asked to cancel its run does so within a few seconds, unless it has ended. */
const CANCEL_DEADLINE_MS = 15_000;

/** Number of latest runs searched for dead runs. */
const MAX_LOOKED_AT = 100;

/** Context of a retrain. */
export interface RetrainContext {
  readonly signal: AbortSignal;
  /** `fraction`: progress of this stage, 0..1. */
  readonly report: (stage: TrainingStage, fraction: number) => void;
  /** Fencing token of the lease that a publish must still hold. */
  readonly fence: { readonly job: string; readonly token: number };
  /** Called when the version is durably stored. */
  readonly published: (version: number) => void;
}

interface TrainingServiceOptions {
  readonly store: Store;
  readonly retrain: (context: RetrainContext) => Promise<ModelVersion>;
  readonly alerts: Pick<AlertService, 'raise'>;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
  /** True if this instance is known to have ended; default: unknown for every instance. */
  readonly isGone?: (instanceId: string) => boolean;
  /** The next start by the schedule; default: there is no schedule. */
  readonly nextRunAt?: () => number | null;
}

interface ActiveRun {
  run: TrainingRun;
  readonly abort: AbortController;
  readonly onProgress: (run: TrainingRun) => void;
  readonly done: Promise<TrainingRun>;
}

/** Why a run was aborted; any other abort is a lost lease. */
type StopReason = Extract<TrainingRun['state'], 'cancelled' | 'interrupted'>;

export class TrainingService implements TrainingPort {
  private active: ActiveRun | null = null;
  private shares = new StageShares({});
  private lastStoredAt = 0;
  /** The last write of progress, so that it can never land after the end of the run. */
  private storing: Promise<void> = Promise.resolve();
  private stopReason: StopReason | null = null;
  private readonly watching = new AbortController();

  constructor(private readonly options: TrainingServiceOptions) {}

  async start(trigger: TrainingRun['trigger']): Promise<TrainingRun> {
    return (await this.begin(trigger)).run;
  }

  async run(trigger: TrainingRun['trigger'], onProgress?: (run: TrainingRun) => void): Promise<TrainingRun> {
    return (await this.begin(trigger, onProgress)).done;
  }

  async isDue(slot: number): Promise<boolean> {
    const runs = await this.runs(MAX_LOOKED_AT);
    if (runs.length === 0) return (await this.options.store.profiles.count()) > 0;
    // An interrupted run is repeated; a failed or cancelled run is not.
    return runs.every(({ startedAt, state }) => startedAt < slot || state === 'interrupted');
  }

  async cancel(runId: string): Promise<boolean> {
    if (this.active?.run.runId === runId) return this.stop('cancelled');
    const { store } = this.options;
    if (!(await store.runs.requestCancel(runId))) return false;
    for (let waitedMs = 0; waitedMs < CANCEL_DEADLINE_MS; waitedMs += LOOK_EVERY_MS) {
      const state = (await store.runs.find(runId))?.state;
      if (state !== 'running') return state === 'cancelled';
      await pause(LOOK_EVERY_MS);
    }
    return false;
  }

  nextRunAt(): number | null {
    return this.options.nextRunAt?.() ?? null;
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

  async summary(): Promise<TrainingSummary> {
    const [runs, versions] = await Promise.all([
      this.runs(MAX_LOOKED_AT),
      this.options.store.models.list(MAX_LOOKED_AT),
    ]);
    const success = runs.find(({ state, endedAt }) => state === 'succeeded' && endedAt !== null);
    return {
      latestState: runs.at(0)?.state ?? null,
      succeededAt: success?.endedAt ?? null,
      durationMs: success === undefined ? null : success.endedAt! - success.startedAt,
      nHeld: versions.filter(({ status }) => status === 'candidate').length,
    };
  }

  /** Publishes the progress of runs on other instances, until `close`. */
  follow(): void {
    const moves = this.options.store.runs.watch({ signal: this.watching.signal });
    if (moves !== null) void this.tell(moves);
  }

  /** Resolves when no run is in progress on any instance. Logs a single line if it has to wait. */
  whenIdle(signal: AbortSignal): Promise<void> {
    const { store, clock, log, isGone } = this.options;
    return whenFree({ store, clock, log, signal, isGone, job: RETRAIN_JOB });
  }

  /**
   * Marks the runs of ended instances as interrupted, as soon as no run is in progress. Never throws: the next run
   * does it too.
   */
  async recover(): Promise<void> {
    try {
      if ((await this.runs(MAX_LOOKED_AT)).every((run) => run.state !== 'running')) return;
      await this.whenIdle(this.watching.signal);
      const lease = await this.hold();
      await this.closeDeadRuns().finally(() => lease.release());
    } catch (error) {
      this.options.log.debug({ err: error }, 'dead training runs could not be marked');
    }
  }

  /** Stops a run in progress and waits for its end. */
  async close(): Promise<void> {
    this.watching.abort();
    await this.stop('interrupted');
  }

  private async stop(reason: StopReason): Promise<boolean> {
    if (this.active === null) return false;
    this.stopReason ??= reason;
    this.active.abort.abort(new CancelledError(RETRAIN_JOB));
    return (await this.active.done).state === reason;
  }

  private hold(): Promise<HeldLease> {
    const { store, instanceId, clock, log } = this.options;
    return holdLease({
      ...{ store, clock, log, job: RETRAIN_JOB, owner: instanceId },
      onBeat: () => this.storeProgress(),
    });
  }

  private async begin(
    trigger: TrainingRun['trigger'],
    onProgress: ActiveRun['onProgress'] = () => undefined,
  ): Promise<ActiveRun> {
    const { store } = this.options;
    const lease = await this.hold();
    const abort = new AbortController();
    lease.signal.addEventListener('abort', () => abort.abort(lease.signal.reason), { once: true });
    this.stopReason = null;
    try {
      await this.closeDeadRuns();
      this.shares = new StageShares((await store.models.list(1)).at(0)?.timingsMs ?? {});
      const run = this.newRun(trigger);
      await store.runs.replace(run);
      // `execute` reads `active`, so it starts in a later microtask.
      const done = Promise.resolve().then(() => this.execute(lease, abort.signal));
      this.active = { run, abort, onProgress, done };
      return this.active;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  private async closeDeadRuns(): Promise<void> {
    const { store, clock } = this.options;
    for (const run of await this.runs(MAX_LOOKED_AT)) {
      if (run.state !== 'running') continue;
      const error = 'Its instance stopped before the run ended.';
      await store.runs.replace({ ...run, state: 'interrupted', endedAt: clock(), remainingMs: null, error });
    }
  }

  private newRun(trigger: TrainingRun['trigger']): TrainingRun {
    const { createId, clock, instanceId } = this.options;
    return {
      ...{ runId: createId(), job: RETRAIN_JOB, state: 'running', stage: 'load', progress: 0 },
      ...{ remainingMs: null, startedAt: clock(), endedAt: null, error: null, host: instanceId },
      ...{ modelVersion: null, trigger },
    };
  }

  private async execute(lease: HeldLease, signal: AbortSignal): Promise<TrainingRun> {
    let outcome: Partial<TrainingRun>;
    try {
      const model = await this.options.retrain({
        signal,
        report: (stage, fraction) => this.progress(stage, fraction),
        fence: lease.fence,
        published: (version) => {
          const active = this.active!;
          active.run = { ...active.run, modelVersion: version };
        },
      });
      outcome = { state: 'succeeded', progress: 1, modelVersion: model.version };
    } catch (error) {
      outcome = await this.explain(signal.aborted ? signal.reason : error);
    }
    return this.finish(lease, { ...outcome, remainingMs: outcome.state === 'succeeded' ? 0 : null });
  }

  private async explain(error: unknown): Promise<Partial<TrainingRun>> {
    const { log, alerts } = this.options;
    const { modelVersion, runId } = this.active!.run;
    const text =
      modelVersion === null || this.stopReason === null
        ? errorText(error)
        : `The run was stopped; version ${modelVersion} is kept, and the remaining users are re-assigned on their next request.`;
    if (this.stopReason !== null) return { state: this.stopReason, error: text };
    log.error({ err: error }, 'training failed; still serving the previous version');
    await alerts.raise({
      ...{ alertId: `training-failed-${runId}`, kind: 'training-failed' },
      severity: 'warning',
      message: `A training run failed: ${text} The previous version is still served.`,
    });
    return { state: 'failed', error: text };
  }

  private async finish(lease: HeldLease, outcome: Partial<TrainingRun>): Promise<TrainingRun> {
    const { store, bus, clock, log } = this.options;
    const { run, onProgress } = this.active!;
    const ended: TrainingRun = { ...run, ...outcome, endedAt: clock() };
    this.active!.run = ended;
    try {
      await this.storing;
      await store.runs.replace(ended);
    } catch (error) {
      log.warn({ err: error }, 'end of a training run could not be recorded; the next run will record it');
    }
    await lease.release().catch((error: unknown) => {
      log.warn({ err: error }, 'training lease could not be released; it will expire');
    });
    onProgress(ended);
    this.active = null;
    bus.publish('training.progressed', { runId: ended.runId });
    bus.publish('training.ended', { runId: ended.runId });
    return ended;
  }

  private progress(stage: TrainingStage, fraction: number): void {
    const { bus, clock } = this.options;
    const active = this.active!;
    const progress = Math.max(active.run.progress, this.shares.progressAt(stage, fraction));
    const elapsedMs = clock() - active.run.startedAt;
    const remainingMs = progress > 0.02 ? Math.round((elapsedMs * (1 - progress)) / progress) : null;
    active.run = { ...active.run, stage, progress, remainingMs };
    active.onProgress(active.run);
    bus.publish('training.progressed', { runId: active.run.runId });
    if (clock() - this.lastStoredAt >= STORE_PROGRESS_EVERY_MS) this.storeProgress();
  }

  /** Also receives cancel requests made on other instances. */
  private storeProgress(): void {
    const { store, clock, log } = this.options;
    const { active } = this;
    if (active === null || active.run.state !== 'running') return;
    this.lastStoredAt = clock();
    this.storing = this.storing
      .then(() => store.runs.replace(this.active?.run ?? active.run))
      .then((isUnwanted) => {
        if (isUnwanted && this.active === active) void this.stop('cancelled');
      })
      .catch((error: unknown) => log.debug({ err: error }, 'training progress could not be stored'));
  }

  private async tell(moves: AsyncIterable<TrainingRun>): Promise<void> {
    const { bus, instanceId } = this.options;
    for await (const { runId, host, endedAt } of moves) {
      if (host === instanceId) continue;
      bus.publish('training.progressed', { runId });
      if (endedAt !== null) bus.publish('training.ended', { runId });
    }
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

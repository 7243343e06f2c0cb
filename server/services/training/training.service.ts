/**
 * Runs the retrain: one at a time in the whole installation, under a lease with a fence, with its progress in `runs`
 * and on the bus. The schedule, the command line and the admin's mutation all come through here.
 */

import type { EventPublisher, Logger, ModelVersion, TrainingRun, TrainingStage } from '../../domain/index.js';
import { CancelledError } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { AlertService } from '../models/index.js';
import type { HeldLease } from './job-lease.js';
import { holdLease, whenFree } from './job-lease.js';
import type { TrainingPort } from '../index.js';
import { StageShares } from './stage-shares.js';

export const RETRAIN_JOB = 'retrain';

/** Progress is stored at most this often; the bus hears of every step. */
const STORE_PROGRESS_EVERY_MS = 500;
/** How often somebody who waits for a run elsewhere looks at it. */
const LOOK_EVERY_MS = 250;
/** A run elsewhere that is asked to end does so within a few seconds, or its instance is gone. */
const CANCEL_DEADLINE_MS = 15_000;

/** Of the latest runs, when looking for dead ones. */
const MAX_LOOKED_AT = 100;

/** What a retrain is given while it walks its stages. */
export interface RetrainContext {
  readonly signal: AbortSignal;
  /** `fraction` of this stage, 0..1. */
  readonly report: (stage: TrainingStage, fraction: number) => void;
  /** Names the lease a publish must still hold. */
  readonly fence: { readonly job: string; readonly token: number };
  /** The version is stored for good. */
  readonly published: (version: number) => void;
}

export interface TrainingServiceOptions {
  readonly store: Store;
  readonly retrain: (context: RetrainContext) => Promise<ModelVersion>;
  readonly alerts: Pick<AlertService, 'raise'>;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
  /** True when this instance is known to have ended; default: nothing is known. */
  readonly isGone?: (instanceId: string) => boolean;
}

interface ActiveRun {
  run: TrainingRun;
  readonly abort: AbortController;
  readonly onProgress: (run: TrainingRun) => void;
  readonly done: Promise<TrainingRun>;
}

/** Why a run was aborted; anything else is a lost lease. */
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
    // One that was interrupted is made up for; one that failed or was cancelled has had its turn.
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

  currentRun(): TrainingRun | null {
    return this.active?.run ?? null;
  }

  async findRun(runId: string): Promise<TrainingRun | null> {
    return this.active?.run.runId === runId ? this.active.run : this.options.store.runs.find(runId);
  }

  runs(first: number): Promise<TrainingRun[]> {
    return this.options.store.runs.list(RETRAIN_JOB, first);
  }

  /** Tells of runs on other instances as they move, until `close`. */
  follow(): void {
    const moves = this.options.store.runs.watch({ signal: this.watching.signal });
    if (moves !== null) void this.tell(moves);
  }

  /** Resolves when no run is under way anywhere. Logs one line when it has to wait. */
  whenIdle(signal: AbortSignal): Promise<void> {
    const { store, clock, log, isGone } = this.options;
    return whenFree({ store, clock, log, signal, isGone, job: RETRAIN_JOB });
  }

  /** Marks runs that died with their instance, as soon as no run is under way. Never throws: the next run does it too. */
  async recover(): Promise<void> {
    try {
      if ((await this.runs(MAX_LOOKED_AT)).every((run) => run.state !== 'running')) return;
      await this.whenIdle(this.watching.signal);
      const lease = await this.hold();
      await this.closeDeadRuns().finally(() => lease.release());
    } catch (error) {
      this.options.log.debug({ err: error }, 'dead training runs were not marked');
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
      // The body waits for `active` to be set: it begins in a later turn.
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
      const error = 'Its instance stopped before it was done.';
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
        : `The run was stopped; version ${modelVersion} is kept, and users it has not reached are re-assigned when they are seen.`;
    if (this.stopReason !== null) return { state: this.stopReason, error: text };
    log.error({ err: error }, 'training failed; the version that served before still serves');
    await alerts.raise({
      ...{ alertId: `training-failed-${runId}`, kind: 'training-failed' },
      severity: 'warning',
      message: `A training run failed: ${text} The version that served before still serves.`,
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
      log.warn({ err: error }, 'the end of a training run could not be recorded; the next run does it');
    }
    await lease.release().catch((error: unknown) => {
      log.warn({ err: error }, 'the training lease could not be released; it will expire');
    });
    onProgress(ended);
    this.active = null;
    bus.publish('training.progressed', { runId: ended.runId });
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

  /** Also where a wish to cancel arrives that was told to another instance. */
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
      .catch((error: unknown) => log.debug({ err: error }, 'training progress was not stored'));
  }

  private async tell(moves: AsyncIterable<TrainingRun>): Promise<void> {
    const { bus, instanceId } = this.options;
    for await (const { runId, host } of moves) {
      if (host !== instanceId) bus.publish('training.progressed', { runId });
    }
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

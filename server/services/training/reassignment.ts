/**
 * Assigns all users their persona under a version: writes a step in each user's history, and updates the users whose
 * persona changed. It runs after the pointer flip and may stop anywhere: a user who is active in the meantime is
 * assigned immediately (live-users.ts), the version is marked as not yet re-assigned, and the next server start
 * completes it.
 *
 * Only users with a different persona or event count are written, because a write per user is slow on an embedded
 * database.
 */

import type { Logger, PersonaAssignment, User } from '../../domain/index.js';
import { AlreadyRunningError, DatabaseUnavailableError, PERSONA_SIGNALS } from '../../domain/index.js';
import { FEATURE_NAMES } from '../../features/index.js';
import { assignPersona } from '../../learning/index.js';
import type { Store } from '../../store/index.js';

import { holdLease } from './job-lease.js';
import { loadDataset, refuseIfCancelled } from './load-dataset.js';
import type { ServingModel } from '../models/index.js';
import { chosenOf, nextTurn } from '../users/index.js';
import type { LiveUsers } from '../users/index.js';

const REASSIGN_JOB = 'reassign';
/** Users per write: requests wait behind a large batch. */
const WRITE_CHUNK = 25;
const ROWS_PER_TURN = 100;
/** Delay that lets other instances load the new version first: until then they serve the version before. */
const HEAD_START_MS = 1_000;
/** Attempts of a call that the database does not answer; the pause between them grows by PAUSE_MS each time. */
const MAX_ATTEMPTS = 6;
const PAUSE_MS = 500;

/** Rows are users in ascending id. */
interface Assignments {
  readonly userIds: readonly string[];
  readonly personaIds: readonly string[];
  /** Index into `personaIds` per user; -1 for a user with too few signals. */
  readonly labels: Int32Array;
  readonly confidence: Float32Array;
  readonly eventCounts: Int32Array;
}

interface ReassignmentOptions {
  readonly store: Store;
  readonly users: Pick<LiveUsers, 'forget'>;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

export class Reassignment {
  private readonly stopping = new AbortController();
  private background: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReassignmentOptions) {}

  /** `at`: the time of activation. Throws CancelledError. */
  async write(
    { version, at }: { version: number; at: number },
    assignments: Assignments,
    { signal, report }: { signal: AbortSignal; report?: (fraction: number) => void },
  ): Promise<void> {
    const { store, users, clock } = this.options;
    const answered = <T>(call: () => Promise<T>) => untilAnswered(call, signal);
    const held = await answered(() => this.readHeld());
    const { userIds, personaIds, labels, confidence, eventCounts } = assignments;
    const writes: { userId: string; persona: PersonaAssignment | null; eventCount: number }[] = [];
    const history: { userId: string; personaId: string; confidence: number }[] = [];
    for (const [row, userId] of userIds.entries()) {
      const user = held.get(userId);
      // Erased since the data were read.
      if (user === undefined) continue;
      const chosen = chosenOf(user.persona, personaIds);
      const eventCount = Math.max(eventCounts[row], user.eventCount);
      const personaId = chosen?.personaId ?? (labels[row] < 0 ? null : personaIds[labels[row]]);
      if (personaId === null) {
        if (user.persona !== null || user.eventCount !== eventCount)
          writes.push({ userId, persona: null, eventCount });
        continue;
      }
      const step = { personaId, confidence: chosen?.confidence ?? confidence[row] };
      history.push({ userId, ...step });
      if (user.persona?.personaId === personaId && user.eventCount === eventCount) continue;
      const since = user.persona?.personaId === personaId ? user.persona.since : at;
      const persona = {
        ...step,
        since,
        pending: null,
        modelVersion: version,
        ...(chosen && { isChosen: true }),
      };
      writes.push({ userId, persona, eventCount });
    }
    refuseIfCancelled(signal);
    await answered(() => store.personaHistory.replaceVersion({ version, at }, history));
    await answered(() => this.forgetErased(history));
    for (let start = 0; start < writes.length; start += WRITE_CHUNK) {
      refuseIfCancelled(signal);
      const chunk = writes.slice(start, start + WRITE_CHUNK);
      await answered(() => store.users.assignPersonas(chunk, { unlessVersion: version }));
      for (const { userId } of chunk) users.forget(userId);
      report?.((start + chunk.length) / writes.length);
    }
    await answered(() => store.models.update(version, { reassignedAt: clock() }));
    report?.(1);
  }

  /**
   * Re-assigns all users in the background to a version that became active without a run, or whose run was interrupted.
   * Does nothing if that is already done, or if another instance is doing it.
   */
  start(model: ServingModel): void {
    this.background = this.background
      .then(() => this.headStart())
      .then(() => this.catchUp(model))
      .catch((error: unknown) => {
        if (error instanceof AlreadyRunningError || this.stopping.signal.aborted) return;
        this.options.log.warn(
          { err: error, version: model.version },
          'users could not be re-assigned; retrying on their next request and at the next start',
        );
      });
  }

  /** Resolves when the background re-assignment has ended. */
  settled(): Promise<void> {
    return this.background;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.background;
  }

  private async headStart(): Promise<void> {
    const { signal } = this.stopping;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, HEAD_START_MS);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
    refuseIfCancelled(signal);
  }

  private async catchUp(model: ServingModel): Promise<void> {
    const { store, instanceId, clock, log } = this.options;
    const lease = await holdLease({ store, clock, log, job: REASSIGN_JOB, owner: instanceId });
    try {
      const meta = await store.models.find(model.version);
      if (meta?.status !== 'active' || meta.reassignedAt !== null) return;
      const signal = AbortSignal.any([this.stopping.signal, lease.signal]);
      const { dataset } = await loadDataset({ store, clock, signal });
      const assignments = await this.assign(model, dataset);
      await this.write({ version: model.version, at: meta.activatedAt! }, assignments, { signal });
    } finally {
      await lease.release();
    }
  }

  private async assign(
    { personas, personaIds }: ServingModel,
    dataset: Awaited<ReturnType<typeof loadDataset>>['dataset'],
  ): Promise<Assignments> {
    const { userIds, features, nSignals, eventCounts, nUsers } = dataset;
    const labels = new Int32Array(nUsers).fill(-1);
    const confidence = new Float32Array(nUsers);
    const width = FEATURE_NAMES.length;
    for (let user = 0; user < nUsers; user++) {
      const row = features.subarray(user * width, (user + 1) * width);
      if (user % ROWS_PER_TURN === 0) await nextTurn();
      if (nSignals[user] < PERSONA_SIGNALS) continue;
      const choice = assignPersona(personas, row, { signals: nSignals[user], held: null });
      labels[user] = personaIds.indexOf(choice.personaId);
      confidence[user] = choice.confidence;
    }
    return { userIds, personaIds, labels, confidence, eventCounts };
  }

  private async readHeld(): Promise<Map<string, Pick<User, 'persona' | 'eventCount'>>> {
    const held = new Map<string, Pick<User, 'persona' | 'eventCount'>>();
    for await (const batch of this.options.store.users.streamPersonas()) {
      for (const { userId, persona, eventCount } of batch) held.set(userId, { persona, eventCount });
    }
    return held;
  }

  /** Deletes the history of users who were erased between reading the users and writing the history. */
  private async forgetErased(history: readonly { userId: string }[]): Promise<void> {
    const { store } = this.options;
    const present = new Set(await store.users.listIds());
    for (const { userId } of history) {
      if (!present.has(userId)) await store.personaHistory.deleteByUser(userId);
    }
  }
}

/**
 * Repeats an idempotent call. The database has just stored a whole version, and an embedded database may not answer for
 * some seconds after a large write; the version is already served, so the run need not fail.
 */
async function untilAnswered<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError) || attempt === MAX_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
      refuseIfCancelled(signal);
    }
  }
}

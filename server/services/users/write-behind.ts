/**
 * Writes derived data in batches shortly after the record. Values put under the same key are merged. A batch is written
 * every `delayMs`, without overlap; a failed batch is put back and retried. The pause after a failure doubles from 100
 * ms to 5 s.
 *
 * Waiting values stay readable through `get`, so a reader on this instance does not see the database lag behind.
 */

import type { Logger } from '../../domain/index.js';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
const SLICE_SIZE = 4;

interface WriteBehindOptions<V> {
  /** For the log. */
  readonly name: string;
  /** Maximum delay of a value before its first attempt. */
  readonly delayMs: number;
  readonly write: (batch: ReadonlyMap<string, V>) => Promise<void>;
  /**
   * Values per call of `write`, default 4: thumbs wait behind a large batch on the server, and get through between
   * small batches.
   */
  readonly sliceSize?: number;
  /** `older` is waiting, `newer` was put after it. */
  readonly merge: (older: V, newer: V) => V;
  readonly log: Logger;
}

export class WriteBehind<V> {
  private waiting = new Map<string, V>();
  private inFlight: ReadonlyMap<string, V> = new Map();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private pauseMs = 0;

  constructor(private readonly options: WriteBehindOptions<V>) {}

  put(key: string, value: V): void {
    const older = this.waiting.get(key);
    this.waiting.set(key, older === undefined ? value : this.options.merge(older, value));
    this.schedule();
  }

  /** The newest value of this key that may not be in the database yet. */
  get(key: string): V | undefined {
    return this.waiting.get(key) ?? this.inFlight.get(key);
  }

  /** The values that may not be in the database yet. */
  *values(): IterableIterator<V> {
    yield* this.inFlight.values();
    yield* this.waiting.values();
  }

  /** The number of values that may not be in the database yet. */
  get size(): number {
    return this.waiting.size + this.inFlight.size;
  }

  /** Drops the waiting value of this key. A batch in flight is not cancelled. */
  drop(key: string): void {
    this.waiting.delete(key);
  }

  /** Drops a key; resolves when no batch with it is in flight. */
  async discard(key: string): Promise<void> {
    this.drop(key);
    await this.settle();
    this.drop(key);
  }

  /** Resolves when all values put before the call are written; rejects if the database refuses them. */
  async drain(): Promise<void> {
    await this.settle();
    // Values put before the call are in the running batch, or still waiting.
    if (this.running !== null || this.waiting.size > 0) await this.flush();
  }

  /** Resolves when no batch is in flight; waiting values keep waiting. */
  private async settle(): Promise<void> {
    await this.running?.catch(() => undefined);
  }

  private schedule(): void {
    if (this.timer !== null || this.running !== null) return;
    this.timer = setTimeout(
      () => {
        this.flush().catch(() => undefined);
      },
      Math.max(this.options.delayMs, this.pauseMs),
    );
  }

  private flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.running ??= this.writeOnce().finally(() => {
      this.running = null;
      if (this.waiting.size > 0) this.schedule();
    });
    return this.running;
  }

  private async writeOnce(): Promise<void> {
    const batch = this.waiting;
    this.inFlight = batch;
    this.waiting = new Map();
    const { write, sliceSize = SLICE_SIZE } = this.options;
    const values = [...batch];
    let nDone = 0;
    try {
      for (; nDone < values.length; nDone += sliceSize) {
        await write(new Map(values.slice(nDone, nDone + sliceSize)));
      }
      this.pauseMs = 0;
    } catch (error) {
      this.giveBack(values.slice(nDone));
      const pauseMs = Math.min(MAX_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.pauseMs * 2));
      if (pauseMs > this.pauseMs) {
        this.options.log.warn(
          { err: error, waiting: this.waiting.size, pauseMs },
          `${this.options.name}: write failed, retrying`,
        );
      }
      this.pauseMs = pauseMs;
      throw error;
    } finally {
      this.inFlight = new Map();
    }
  }

  private giveBack(batch: readonly (readonly [string, V])[]): void {
    const newer = this.waiting;
    this.waiting = new Map(batch);
    for (const [key, value] of newer) {
      const older = this.waiting.get(key);
      this.waiting.set(key, older === undefined ? value : this.options.merge(older, value));
    }
  }
}

/**
 * Runs a program as a list of named stages: started in order and stopped in reverse order, including when a signal or an
 * error interrupts a stage.
 */

import { setTimeout as pause } from 'node:timers/promises';

import type { Logger } from '../domain/index.js';

/** Time for an aborted stage to end before the stages below it are stopped regardless. */
const ABORT_MS = 5_000;
/** npm forwards a signal that the terminal has already sent to all its programs: two within this time count as one. */
const SAME_SIGNAL_MS = 500;

/** Undoes a stage. */
type Stop = () => Promise<void>;

export interface Stage {
  /** Display name, such as "Training". */
  readonly name: string;
  /** Resolves when the next stage may begin. `signal` is aborted when the program must end. */
  readonly start: (signal: AbortSignal) => Promise<Stop | void>;
}

interface LifeOptions {
  readonly log: Logger;
  /** Called as each stage begins. */
  readonly onStage?: (name: string) => void;
}

/**
 * Ends the process gracefully on SIGINT and SIGTERM, immediately on a second signal. Install it first; `onClose` sets
 * its callback later.
 */
export class Signals {
  private readonly abort = new AbortController();
  private close: Stop = () => Promise.resolve();
  private firstAt: number | null = null;

  /** Aborted by the first signal. */
  readonly signal = this.abort.signal;

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => this.receive(name));
  }

  onClose(close: Stop): void {
    this.close = close;
  }

  private receive(name: NodeJS.Signals): void {
    if (this.firstAt !== null) {
      if (performance.now() - this.firstAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    this.firstAt = performance.now();
    process.stderr.write(`${name}: closing\n`);
    this.abort.abort(new Error(name));
    void this.close().then(() => process.exit(0));
  }
}

/**
 * Starts the stages. Resolves when all are started; a signal then stops them. If a stage fails, stops the earlier stages
 * and rejects with its error. Never resolves if a signal arrives first, since the process ends.
 */
export async function run(stages: readonly Stage[], signals: Signals, options: LifeOptions): Promise<void> {
  const stops: { name: string; stop: Stop }[] = [];
  const stopAll = async () => {
    for (const { name, stop } of stops.splice(0).reverse()) {
      await stop().catch((error: unknown) =>
        options.log.error({ err: error, stage: name }, 'closing failed'),
      );
    }
  };
  const starting = startAll(stages, stops, signals.signal, options);
  signals.onClose(async () => {
    await Promise.race([starting.catch(() => undefined), pause(ABORT_MS)]);
    await stopAll();
  });
  try {
    await starting;
  } catch (error) {
    // The signal handler ends the process.
    if (signals.signal.aborted) return new Promise(() => undefined);
    await stopAll();
    throw error;
  }
}

async function startAll(
  stages: readonly Stage[],
  stops: { name: string; stop: Stop }[],
  signal: AbortSignal,
  { onStage }: LifeOptions,
): Promise<void> {
  for (const { name, start } of stages) {
    signal.throwIfAborted();
    onStage?.(name);
    const stop = await start(signal);
    if (stop !== undefined) stops.push({ name, stop });
  }
}

/**
 * Serializes derived writes and gives way to urgent commands.
 *
 * A derived command starts when no urgent command (a thumb, for example) is in progress, and never concurrently with a
 * second derived command, since a busy server that runs several at once slows all of them down. After `patienceMs` it
 * starts regardless, so that derived data lag by a bounded time under any load.
 */

const PATIENCE_MS = 50;

export class WriteLane {
  private nUrgent = 0;
  private last: Promise<unknown> = Promise.resolve();
  private readonly waiting = new Set<() => void>();

  constructor(private readonly patienceMs = PATIENCE_MS) {}

  /** Runs at once; derived commands wait for it. */
  async urgent<T>(command: () => Promise<T>): Promise<T> {
    this.nUrgent += 1;
    try {
      return await command();
    } finally {
      this.nUrgent -= 1;
      if (this.nUrgent === 0) for (const go of this.waiting) go();
    }
  }

  /**
   * Runs the command in its turn. Pass a single command, so that there are gaps in between; it must not wait for a
   * second derived command.
   */
  derived<T>(command: () => Promise<T>): Promise<T> {
    const run = this.last.then(async () => {
      if (this.nUrgent > 0) await this.gap();
      return command();
    });
    this.last = run.catch(() => undefined);
    return run;
  }

  /** Resolves when no urgent command is in progress, or after `patienceMs`. */
  private gap(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, this.patienceMs);
      this.waiting.add(go);
    });
  }
}

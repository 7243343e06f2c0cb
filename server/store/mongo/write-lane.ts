/**
 * One lane to the database for everything derived. Whatever somebody waits for (a thumb) goes first: a command of the
 * lane begins when none of those is under way, and never beside another command of the lane, since a busy server
 * that works on several at once makes every one of them slow. A command that has waited `patienceMs` goes all the
 * same, so derived data fall behind by a bounded time however much is going on.
 */

const PATIENCE_MS = 50;

export class WriteLane {
  private nUrgent = 0;
  private last: Promise<unknown> = Promise.resolve();
  private readonly waiting = new Set<() => void>();

  constructor(private readonly patienceMs = PATIENCE_MS) {}

  /** Runs at once; the lane keeps out of its way. */
  async urgent<T>(command: () => Promise<T>): Promise<T> {
    this.nUrgent += 1;
    try {
      return await command();
    } finally {
      this.nUrgent -= 1;
      if (this.nUrgent === 0) for (const go of this.waiting) go();
    }
  }

  /** Runs when it is its turn. One command, so that there are gaps between; a command must not wait for another of the lane. */
  derived<T>(command: () => Promise<T>): Promise<T> {
    const run = this.last.then(async () => {
      if (this.nUrgent > 0) await this.gap();
      return command();
    });
    this.last = run.catch(() => undefined);
    return run;
  }

  /** Resolves when nothing urgent is under way, or patience has run out. */
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

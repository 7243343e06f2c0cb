/**
 * Runs tasks of the same key in sequence, in the order given; tasks of different keys run concurrently.
 */

export class KeyedQueue {
  /** Completion of the last task of each key; never rejects. */
  private readonly tails = new Map<string, Promise<void>>();

  /** Whether a task of this key runs or waits. */
  isBusy(key: string): boolean {
    return this.tails.has(key);
  }

  /** Runs `task` when all earlier tasks of these keys have ended, immediately if there are none. */
  run<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const earlier = keys.flatMap((key) => this.tails.get(key) ?? []);
    const result = earlier.length === 0 ? task() : Promise.all(earlier).then(task);
    const tail: Promise<void> = result.then(
      () => this.release(keys, tail),
      () => this.release(keys, tail),
    );
    for (const key of keys) this.tails.set(key, tail);
    return result;
  }

  /** Resolves when the tasks given so far have ended. */
  async idle(keys: Iterable<string> = this.tails.keys()): Promise<void> {
    await Promise.all([...keys].map((key) => this.tails.get(key)));
  }

  private release(keys: readonly string[], tail: Promise<void>): void {
    for (const key of keys) if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}

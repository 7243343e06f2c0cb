/** Delivers each value to all current listeners, in order. */

export class Broadcast<T> {
  private readonly listeners = new Set<(value: T) => void>();

  send(value: T): void {
    for (const listener of this.listeners) listener(value);
  }

  /** Listens from the moment of this call until the signal ends it. */
  listen(signal: AbortSignal): AsyncIterable<T> {
    const waiting: T[] = [];
    let wake = () => {};
    const listener = (value: T) => {
      waiting.push(value);
      wake();
    };
    this.listeners.add(listener);
    const end = () => {
      this.listeners.delete(listener);
      wake();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return (async function* () {
      while (!signal.aborted) {
        if (waiting.length > 0) yield waiting.shift()!;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    })();
  }
}

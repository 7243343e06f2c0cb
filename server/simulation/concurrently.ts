/** Bounded concurrency. */

const CONCURRENCY = 8;

/** Calls `work` for each value, eight at a time, and resolves when all are done; rejects with the first failure. */
export async function forEachOf<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < values.length) await work(values[next++]);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, values.length) }, worker));
}

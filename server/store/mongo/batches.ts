/** Limits on the size of queries, writes and cursor batches. */

/** Documents per bulk write. */
const BATCH = 1_000;
/** Documents per cursor batch. Other clients wait while the server packs a batch. */
export const CURSOR_BATCH = 100;
/** Rows of a cursor processed per turn of the event loop: a few milliseconds. */
const ROWS_PER_TURN = 25;
/** Ids per `$in`: some servers compare every candidate with the whole list. */
const IDS_PER_QUERY = 100;

/**
 * Write options for data that can be derived from the record again: not acknowledged from disk. Derived writes cannot
 * become durable before the record writes that precede them, since the journal has a single order. On a sharded cluster
 * this holds within a shard only.
 */
export const DERIVED = { writeConcern: { w: 'majority', j: false } } as const;

export function* batchesOf<T>(rows: readonly T[], size = BATCH): Iterable<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

/** Runs a query per batch of ids and joins the results. */
export async function findByIds<T>(
  ids: readonly string[],
  query: (part: string[]) => PromiseLike<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const part of batchesOf([...new Set(ids)], IDS_PER_QUERY)) found.push(...(await query(part)));
  return found;
}

/** Reads a cursor in batches and yields to the event loop between rows. */
export async function* inBatches<T, R>(cursor: AsyncIterable<T>, read: (row: T) => R): AsyncIterable<R[]> {
  let batch: R[] = [];
  for await (const row of cursor) {
    batch.push(read(row));
    if (batch.length % ROWS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

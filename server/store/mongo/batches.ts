/** Bounds on what goes over the wire at once. */

/** Documents per bulk write. */
export const BATCH = 1_000;
/** Documents of a cursor that a server gives at once: while it packs them, others wait. */
export const CURSOR_BATCH = 100;
/** Rows of a cursor read in one turn of the event loop: a few milliseconds. */
const ROWS_PER_TURN = 25;
/** Ids per `$in`: some servers compare every candidate with the whole list. */
const IDS_PER_QUERY = 100;

/**
 * For writes of what can be derived from the record again: the answer does not wait for the disk. They never overtake
 * the record, since the log on disk has one order.
 */
export const DERIVED = { writeConcern: { w: 'majority', j: false } } as const;

export function* batchesOf<T>(rows: readonly T[], size = BATCH): Iterable<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

/** Runs one query per bounded part of a list of ids and joins what they give. */
export async function findByIds<T>(
  ids: readonly string[],
  query: (part: string[]) => PromiseLike<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const part of batchesOf([...new Set(ids)], IDS_PER_QUERY)) found.push(...(await query(part)));
  return found;
}

/** A cursor in batches; between rows the event loop gets its turns. */
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

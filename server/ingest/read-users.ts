/** Stage 1: reads the ids in a column of a table: users to recommend for, or items to score. */

import { requiredId } from './fields.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import type { GivenMapping } from './given-mapping.js';
import { planTable } from './plan-table.js';
import type { TableRow } from './row-decoder.js';
import type { Reject } from './row-problem.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import type { TableSource } from './table-source.js';

interface IdList {
  /** Distinct ids in file order. */
  readonly ids: readonly string[];
  /** Number of rows that repeat an id. */
  readonly nRepeats: number;
  readonly rejects: readonly Reject[];
  readonly mapping: TableMapping;
}

/** Reads `column` (its number without a header line), or the recognised id column. Throws InvalidInputError. */
export async function readIds(
  source: TableSource,
  kind: 'items' | 'users',
  { column, now, ...given }: Pick<GivenMapping, 'delimiter' | 'encoding'> & { column?: string; now: number },
): Promise<IdList> {
  const field = kind === 'items' ? 'itemId' : 'userId';
  const columns = new Map(column === undefined ? [] : [[field, column]]);
  const mapping = await planTable(source, kind, { given: { ...NOTHING_GIVEN, ...given, columns }, now });
  const ids = new Set<string>();
  const rejects: Reject[] = [];
  let nRows = 0;
  const convert = ({ values }: TableRow) => requiredId(field, values[0]);
  for await (const batch of readTable(source, mapping, { convert })) {
    nRows += batch.rows.length;
    rejects.push(...batch.rejects);
    for (const id of batch.rows) ids.add(id);
  }
  return { ids: [...ids], nRepeats: nRows - ids.size, rejects, mapping };
}

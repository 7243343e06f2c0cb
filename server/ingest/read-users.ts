/** Stage 1: the ids in one column of a table: the users that lists are wanted for, or the items to score. */

import { requiredId } from './fields.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import type { GivenMapping } from './given-mapping.js';
import { planTable } from './plan-table.js';
import type { TableRow } from './row-decoder.js';
import type { Reject } from './row-problem.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import type { TableSource } from './table-source.js';

export interface IdList {
  /** In the order of the file, each once. */
  readonly ids: readonly string[];
  /** Rows that repeat an id. */
  readonly nRepeats: number;
  readonly rejects: readonly Reject[];
  readonly mapping: TableMapping;
}

/** Reads `column` (its number where there is no header line), or the column that is known to hold such ids. Throws InvalidInputError. */
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

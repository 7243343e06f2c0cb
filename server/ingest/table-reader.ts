/**
 * Stage 1: reads a table row by row in bounded memory, following its mapping.
 *
 * A problem of the whole file throws InvalidInputError. A problem of a row becomes a reject, and reading continues.
 */

import { fieldsOf } from './column-names.js';
import { openTable } from './open-table.js';
import type { Frame } from './record-framer.js';
import { Remarks } from './remarks.js';
import { createRowDecoder } from './row-decoder.js';
import type { TableRow } from './row-decoder.js';
import { RowProblem } from './row-problem.js';
import type { Reject } from './row-problem.js';
import { shownNames } from './shown-names.js';
import { createFramer } from './table-format.js';
import type { TableMapping } from './table-mapping.js';
import type { TableSource } from './table-source.js';

export interface ReadBatch<T> {
  readonly rows: T[];
  readonly rejects: Reject[];
  /** Rows left out because their type is ignored. */
  readonly leftOut: number;
  /** Bytes of the file read so far, and in total. */
  readonly bytesRead: number;
  readonly totalBytes: number;
  /** Unmapped columns, and columns that contain objects, for messages. */
  readonly ignoredColumns: readonly string[];
  readonly nestedColumns: readonly string[];
  /** Remarks of all batches so far. */
  readonly remarks: Remarks;
}

interface ReadTableOptions<T> {
  /** Returns null for a row to leave out. Throws RowProblem to reject it. */
  readonly convert: (row: TableRow, remarks: Remarks) => T | null;
}

const BATCH_ROWS = 5_000;
const EXCERPT_CHARACTERS = 60;

/** Yields batches of converted rows. The last batch may be empty; there is always at least a single batch. */
export async function* readTable<T>(
  source: TableSource,
  mapping: TableMapping,
  { convert }: ReadTableOptions<T>,
): AsyncGenerator<ReadBatch<T>, void, undefined> {
  const remarks = new Remarks();
  const decoder = createRowDecoder(mapping, remarks);
  const framer = createFramer(mapping.format);
  const fields = fieldsOf(mapping.kind);
  const personal = [...fields.keys()].filter((index) => fields[index].isPersonal === true);
  const personalNames = new Set(personal.map((index) => fields[index].field));

  let rows: T[] = [];
  let rejects: Reject[] = [];
  let leftOut = 0;
  const take = (frame: Frame) => {
    let row: TableRow | null = null;
    try {
      row = decoder.row(frame);
      if (row === null) return;
      const converted = convert(row, remarks);
      if (converted === null) leftOut += 1;
      else rows.push(converted);
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      const names = row === null ? [] : personal.map((index) => row!.values[index]);
      rejects.push(toReject(frame.line, error, personalNames, names));
    }
  };
  const table = await openTable(source, mapping.encoding);
  const flush = (): ReadBatch<T> => {
    const { ignored, nested } = decoder.others();
    const { totalBytes } = table;
    const named = (names: readonly string[]) => (mapping.hasHeader ? shownNames(names) : names);
    const columns = { ignoredColumns: named(ignored), nestedColumns: named(nested) };
    const batch = { rows, rejects, leftOut, bytesRead: table.bytesRead(), totalBytes, ...columns, remarks };
    rows = [];
    rejects = [];
    leftOut = 0;
    return batch;
  };

  for await (const chunk of table.chunks) {
    for (const frame of framer.push(chunk)) {
      take(frame);
      if (rows.length + rejects.length + leftOut >= BATCH_ROWS) yield flush();
    }
  }
  if (!table.isBeginning) for (const frame of framer.end()) take(frame);
  yield flush();
}

function toReject(
  line: number,
  problem: RowProblem,
  personalNames: ReadonlySet<string>,
  personal: readonly string[],
): Reject {
  // A value that contains the user's id (for example, with columns shifted) is masked completely.
  const isTelling =
    (problem.column !== null && personalNames.has(problem.column)) ||
    personal.some((text) => text !== '' && problem.value.includes(text));
  const excerpt = isTelling ? '' : problem.value.slice(0, EXCERPT_CHARACTERS);
  return { line, column: problem.column, reason: problem.message, excerpt };
}

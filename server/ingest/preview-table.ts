/** Stage 1: the beginning of a table beside what it is taken for, for a person who decides how it is mapped. */

import { InvalidInputError } from '../domain/index.js';

import { fieldsOf } from './column-names.js';
import type { TableKind } from './column-names.js';
import { isNumber } from './fields.js';
import { columnsOf, lookAt, planTable } from './plan-table.js';
import type { PlanOptions } from './plan-table.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import { nameOfFormat } from './table-format.js';
import { describeMapping } from './table-mapping.js';
import type { TableSource } from './table-source.js';
import { timeFormOf } from './time-values.js';

export const PREVIEW_ROWS = 20;
const CELL_CHARACTERS = 200;

export interface PreviewColumn {
  /** Its name, or its number from 1 where there is no header line. */
  readonly name: string;
  /** The field it is taken for; null for none. */
  readonly field: string | null;
  /** False where the cells may name people: then each says only what it looks like, "number", "time" or "text". */
  readonly isShown: boolean;
  /** Of the first 20 rows; '' for an empty one. */
  readonly cells: readonly string[];
}

export interface TablePreview {
  readonly format: string;
  readonly encoding: string;
  readonly isCompressed: boolean;
  readonly hasHeader: boolean;
  /** The fields of such a table. */
  readonly fields: readonly { readonly field: string; readonly isRequired: boolean }[];
  readonly columns: readonly PreviewColumn[];
  /** How the table is understood, in sentences; empty while a question is open. */
  readonly mapping: readonly string[];
  /** Why an import would stop before anything lands; null where it would not. */
  readonly question: string | null;
}

/** Throws InvalidInputError for what is no table at all. */
export async function previewTable(
  source: TableSource,
  kind: TableKind,
  { given = NOTHING_GIVEN, now }: PlanOptions,
): Promise<TablePreview> {
  const { format, encoding, isCompressed, sample } = await lookAt(source, kind, given);
  const columns = columnsOf(sample, kind, given);
  const rules = fieldsOf(kind);
  const preview = (name: string): PreviewColumn => {
    const rule = rules.find(({ field }) => columns.get(field)?.includes(name)) ?? null;
    // In a table of behaviour a column that is not known may hold names, addresses or ids of people.
    const isShown = kind === 'items' || (rule !== null && rule.isPersonal !== true);
    const cells = sample.cells(name).slice(0, PREVIEW_ROWS);
    return {
      name,
      field: rule?.field ?? null,
      isShown,
      cells: cells.map((cell) => (isShown ? cell.slice(0, CELL_CHARACTERS) : shapeOf(cell, now))),
    };
  };
  const { mapping, question } = await understood(source, kind, { given, now });
  return {
    format: nameOfFormat(format),
    encoding,
    isCompressed,
    hasHeader: sample.hasHeader,
    fields: rules.map(({ field, isRequired }) => ({ field, isRequired })),
    columns: sample.header.filter((name) => name !== '').map(preview),
    mapping,
    question,
  };
}

async function understood(
  source: TableSource,
  kind: TableKind,
  options: PlanOptions,
): Promise<Pick<TablePreview, 'mapping' | 'question'>> {
  try {
    return { mapping: describeMapping(await planTable(source, kind, options)), question: null };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { mapping: [], question: error.message };
  }
}

function shapeOf(cell: string, now: number): string {
  if (cell === '') return '';
  if (timeFormOf(cell, now) !== null) return 'time';
  return isNumber(cell) ? 'number' : 'text';
}

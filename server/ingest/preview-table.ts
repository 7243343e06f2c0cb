/** Stage 1: previews the beginning of a table beside its detected mapping, for the import wizard. */

import { InvalidInputError } from '../domain/index.js';

import { fieldsOf } from './column-names.js';
import type { TableKind } from './column-names.js';
import { isNumber } from './fields.js';
import { columnsOf, lookAt, planTable } from './plan-table.js';
import type { PlanOptions, Sample } from './plan-table.js';
import type { RatingRule } from './rating-scale.js';
import { readEvents } from './read-events.js';
import { readItemRows } from './read-items.js';
import { readRatings } from './read-ratings.js';
import { RowProblem } from './row-problem.js';
import type { Reject } from './row-problem.js';
import { EventWords } from './event-words.js';
import type { WordMeaning } from './event-words.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import type { GivenMapping } from './given-mapping.js';
import { nameOfFormat } from './table-format.js';
import { describeMapping } from './table-mapping.js';
import type { TableMapping } from './table-mapping.js';
import type { ReadBatch } from './table-reader.js';
import type { TableSource } from './table-source.js';
import { timeFormOf } from './time-values.js';

const PREVIEW_ROWS = 20;
const CELL_CHARACTERS = 200;
/** Max distinct words of a type column listed in a preview, most frequent first. */
const MAX_WORDS = 30;

interface PreviewColumn {
  /** Column name, or its number from 1 without a header line. */
  readonly name: string;
  /** The field it maps to; null if unmapped. */
  readonly field: string | null;
  /** False if cells may identify people: then each cell is replaced by its form, "number", "time" or "text". */
  readonly isShown: boolean;
  /** Contains objects, which imports do not accept. */
  readonly isNested: boolean;
  /** Cells of the first 20 rows; '' if empty. */
  readonly cells: readonly string[];
}

export interface TablePreview {
  readonly format: string;
  /** CSV delimiter; null for JSON. */
  readonly delimiter: string | null;
  readonly encoding: string;
  readonly isCompressed: boolean;
  readonly hasHeader: boolean;
  /** The fields of this kind of table. */
  readonly fields: readonly { readonly field: string; readonly isRequired: boolean }[];
  readonly columns: readonly PreviewColumn[];
  /** The mapping in sentences; empty while a question is open. */
  readonly mapping: readonly string[];
  /** Why an import would be refused as a whole; null if it would proceed. */
  readonly question: string | null;
  /** The field or mapping key that the question concerns; null for the table as a whole. */
  readonly questionField: string | null;
  /** How ratings become events; null for other kinds, and while a question is open. */
  readonly rule: RatingRule | null;
  /** Events: the words of the type column, most frequent first. */
  readonly types: readonly TypeWord[];
  /** Rows converted as in an import, at most 5,000; 0 while a question is open. */
  readonly nChecked: number;
  /** Rows among them that an import would reject. */
  readonly rejects: readonly Reject[];
}

interface TypeWord {
  readonly word: string;
  /** Null for an unknown word. */
  readonly meaning: WordMeaning | null;
  /** Rows with this word among the rows inspected. */
  readonly count: number;
}

/** Throws InvalidInputError if the source is not a table. */
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
    // In tables of behaviour, unmapped columns may contain names, addresses or user ids.
    const isShown = kind === 'items' || (rule !== null && rule.isPersonal !== true);
    const cells = sample.cells(name).slice(0, PREVIEW_ROWS);
    return {
      name,
      field: rule?.field ?? null,
      isShown,
      isNested: sample.nested.includes(name),
      cells: cells.map((cell) => (isShown ? cell.slice(0, CELL_CHARACTERS) : shapeOf(cell, now))),
    };
  };
  const outcome = await understood(source, kind, { given, now });
  const typeColumn = kind === 'events' ? columns.get('type')?.[0] : undefined;
  return {
    format: nameOfFormat(format),
    delimiter: format.kind === 'csv' ? format.delimiter : null,
    encoding,
    isCompressed,
    hasHeader: sample.hasHeader,
    fields: rules.map(({ field, isRequired }) => ({ field, isRequired })),
    columns: sample.header.filter((name) => name !== '').map(preview),
    ...outcome,
    types: typeColumn === undefined ? [] : typeWords(sample, typeColumn, given, outcome.rejects),
  };
}

type Outcome = Pick<TablePreview, 'mapping' | 'question' | 'questionField' | 'rule' | 'nChecked' | 'rejects'>;

async function understood(source: TableSource, kind: TableKind, options: PlanOptions): Promise<Outcome> {
  try {
    const plan = await planTable(source, kind, options);
    const checked = await checkBeginning(source, plan, options.now);
    const { rule } = plan;
    return { mapping: describeMapping(plan), question: null, questionField: null, rule, ...checked };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const { message, field } = error;
    return { mapping: [], question: message, questionField: field, rule: null, nChecked: 0, rejects: [] };
  }
}

/** Converts the first batch of rows and keeps only the rejects. */
async function checkBeginning(
  source: TableSource,
  mapping: TableMapping,
  now: number,
): Promise<Pick<TablePreview, 'nChecked' | 'rejects'>> {
  for await (const { rows, rejects, leftOut } of batchesOf(source, mapping, now))
    return { nChecked: rows.length + rejects.length + leftOut, rejects };
  return { nChecked: 0, rejects: [] };
}

function batchesOf(
  source: TableSource,
  mapping: TableMapping,
  now: number,
): AsyncIterable<ReadBatch<unknown>> {
  // The rows are dropped at once, so ids need no pseudonyms.
  const options = { mapping, now, pseudonymize: (rawId: string) => rawId };
  if (mapping.kind === 'items') return readItemRows(source, options);
  return mapping.kind === 'ratings' ? readRatings(source, options) : readEvents(source, options);
}

function typeWords(
  sample: Sample,
  column: string,
  given: GivenMapping,
  rejects: readonly Reject[],
): TypeWord[] {
  const counts = new Map<string, number>();
  // Rare words may first occur after the sample; unknown words among them are in the rejects.
  const later = rejects.filter(({ column: field }) => field === 'type').map(({ excerpt }) => excerpt);
  for (const word of sample.cells(column)) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const word of later) if (!counts.has(word)) counts.set(word, 1);
  counts.delete('');
  const words = new EventWords(given.types);
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .slice(0, MAX_WORDS)
    .map(([word, count]) => ({
      word: word.slice(0, CELL_CHARACTERS),
      meaning: meaningOf(words, word),
      count,
    }));
}

function meaningOf(words: EventWords, word: string): WordMeaning | null {
  try {
    return words.read(word).meaning;
  } catch (error) {
    if (error instanceof RowProblem) return null;
    throw error;
  }
}

function shapeOf(cell: string, now: number): string {
  if (cell === '') return '';
  if (timeFormOf(cell, now) !== null) return 'time';
  return isNumber(cell) ? 'number' : 'text';
}

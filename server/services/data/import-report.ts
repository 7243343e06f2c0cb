/** What came of a file: counts, what was understood and done on the way, and what a person has to know or to mend. */

import { NOT_UTF8 } from '../../ingest/index.js';
import type { Reject, TablePreview } from '../../ingest/index.js';

export const IMPORT_KINDS = ['items', 'events', 'ratings'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Rows that were refused for one reason. */
export interface RejectReason {
  readonly column: string | null;
  readonly reason: string;
  readonly count: number;
  /** The most frequent values, where they are words of a fixed list and can name nobody. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

/** Counts are of rows. `read` is the sum of recorded, updated, unchanged, rejected, leftOut and equalRows. */
export interface ImportReport {
  readonly kind: ImportKind;
  readonly path: string;
  readonly read: number;
  readonly recorded: number;
  readonly updated: number;
  /** Were there already. */
  readonly unchanged: number;
  readonly rejected: number;
  /** Have a type that the mapping ignores. */
  readonly leftOut: number;
  /** Say what another row of the file says, or (items) have an id of which a later row counts. */
  readonly equalRows: number;
  /** Events that are new and name an item the catalogue does not have; they are kept. */
  readonly unknownItems: number;
  readonly newUsers: number;
  /** Items made from ids of the events. */
  readonly newItems: number;
  /** Available items of the catalogue that are not in the file; with `prune` they have become unavailable. */
  readonly missingItems: number;
  readonly ignoredColumns: readonly string[];
  /** Columns that were left out because they hold objects. */
  readonly nestedColumns: readonly string[];
  /** First and last time of the events, ms since the epoch; null where none is known. */
  readonly from: number | null;
  readonly to: number | null;
  /** How the file was understood, in sentences without a full stop. */
  readonly mapping: readonly string[];
  /** What was done beyond taking rows, with the number of rows. */
  readonly remarks: readonly { readonly remark: string; readonly count: number }[];
  /** The most frequent first. */
  readonly reasons: readonly RejectReason[];
  /** Why this import should not pass for a success, in sentences that say what to do. */
  readonly problems: readonly string[];
}

/** What a file is taken for, and what would be refused among its first rows (`nChecked`). */
export interface ImportPreview extends Omit<TablePreview, 'rejects'> {
  readonly rejected: number;
  /** The most frequent first. */
  readonly reasons: readonly RejectReason[];
}

/** More rejected rows than this share of a file are a problem of the file. */
export const MAX_REJECTED_SHARE = 0.1;
/** Of the rows with an item at least this share has to name one of the catalogue. */
export const MIN_KNOWN_SHARE = 0.1;
/** Values are shown for these columns only. */
const WORD_COLUMNS = new Set(['type', 'available', 'rating']);
/** A word or a short number; anything else might be an id that stands in the wrong column. */
const PLAIN_VALUE = /^(?:[a-z][a-z_ .:-]{0,30}|-?\d{1,3}(?:\.\d{1,2})?)$/i;
const SHOWN_VALUES = 3;

/** Counts why rows are refused. */
export class RejectTally {
  private readonly reasons = new Map<
    string,
    { reject: Reject; count: number; values: Map<string, number> }
  >();

  add(rejects: readonly Reject[]): void {
    for (const reject of rejects) {
      const key = `${reject.column ?? ''}\n${reject.reason}`;
      const entry = this.reasons.get(key) ?? { reject, count: 0, values: new Map<string, number>() };
      this.reasons.set(key, entry);
      entry.count += 1;
      if (WORD_COLUMNS.has(reject.column ?? '') && PLAIN_VALUE.test(reject.excerpt))
        entry.values.set(reject.excerpt, (entry.values.get(reject.excerpt) ?? 0) + 1);
    }
  }

  list(): RejectReason[] {
    return [...this.reasons.values()]
      .sort((left, right) => right.count - left.count)
      .map(({ reject: { column, reason }, count, values }) => ({
        column,
        reason,
        count,
        values: [...values]
          .map(([value, number]) => ({ value, count: number }))
          .sort((left, right) => right.count - left.count)
          .slice(0, SHOWN_VALUES),
      }));
  }
}

/** What the problems of a file follow from. */
export interface Findings {
  readonly kind: ImportKind;
  readonly read: number;
  readonly rejected: number;
  readonly reasons: readonly RejectReason[];
  /** Rows that name an item, and those of them whose item the catalogue has. */
  readonly withItem: number;
  readonly withKnownItem: number;
  readonly nItems: number;
  /** Whether ids without ".0" at their end would be in the catalogue. */
  readonly isFloatId: boolean;
}

/** Sentences about what is wrong with a file although it could be read; empty when nothing is. */
export function problemsOf(findings: Findings): string[] {
  const { kind, read, rejected, reasons, withItem, withKnownItem, nItems, isFloatId } = findings;
  const problems: string[] = [];
  if (read > 0 && rejected > read * MAX_REJECTED_SHARE) {
    const words = reasons.find(({ column, values }) => column === 'type' && values.length > 0)?.values ?? [];
    const isOfOtherEncoding = reasons[0].reason.endsWith(NOT_UTF8);
    const remedy =
      words.length > 0
        ? ` Say what a word means with --type ${words[0].value}=view, or =ignore.`
        : isOfOtherEncoding
          ? ' Name the encoding with --encoding, such as latin1 or windows-1250.'
          : '';
    problems.push(
      `${percent(rejected / read)} of the rows were rejected, more than ${percent(MAX_REJECTED_SHARE)}.${remedy}`,
    );
  }
  if (kind === 'items' || withItem === 0 || withKnownItem >= withItem * MIN_KNOWN_SHARE) return problems;
  if (nItems === 0)
    problems.push(
      'The catalogue is empty, so nothing can be recommended: import the items with --items, or make them from the ids of this file with --items-from-events.',
    );
  else
    problems.push(
      `${withKnownItem === 0 ? 'No row names' : `Only ${percent(withKnownItem / withItem)} of the rows name`} an item of the catalogue` +
        (isFloatId
          ? ': the ids end in ".0", which pandas adds to a column with gaps, and the catalogue has them without; write the column as text.'
          : ': the ids of the two files must be spelled alike. Map another column with --map itemId=COLUMN, or add the missing items with --items-from-events.'),
    );
  return problems;
}

function percent(share: number): string {
  return `${share < 0.01 ? '<1' : Math.round(share * 100)} %`;
}

/**
 * Result of importing a file: counts, the detected mapping, the changes made to rows, and problems to fix.
 */

import { NOT_UTF8 } from '../../ingest/index.js';
import type { Reject, TablePreview } from '../../ingest/index.js';

export const IMPORT_KINDS = ['items', 'events', 'ratings'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Rows rejected for the same reason. */
interface RejectReason {
  readonly column: string | null;
  readonly reason: string;
  readonly count: number;
  /** The most frequent values, only for columns with a fixed vocabulary, so that no user id is shown. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

/** Counts are of rows. `read` is the sum of recorded, updated, unchanged, rejected, leftOut and equalRows. */
export interface ImportReport {
  readonly kind: ImportKind;
  readonly path: string;
  readonly read: number;
  readonly recorded: number;
  readonly updated: number;
  /** Rows already stored. */
  readonly unchanged: number;
  readonly rejected: number;
  /** Rows of a type that the mapping ignores. */
  readonly leftOut: number;
  /** Rows equal to an earlier row of the file, or (items) with an id that a later row overrides. */
  readonly equalRows: number;
  /** New events with an item that is not in the catalogue; they are kept. */
  readonly unknownItems: number;
  readonly newUsers: number;
  /** Items created from the ids of events. */
  readonly newItems: number;
  /** Available items of the catalogue that are not in the file; with `prune` they become unavailable. */
  readonly missingItems: number;
  readonly ignoredColumns: readonly string[];
  /** Columns left out because they hold objects. */
  readonly nestedColumns: readonly string[];
  /** First and last time of the events, ms since the epoch; null if unknown. */
  readonly from: number | null;
  readonly to: number | null;
  /** The mapping in sentences without a full stop. */
  readonly mapping: readonly string[];
  /** Changes made to rows, with the number of rows. */
  readonly remarks: readonly { readonly remark: string; readonly count: number }[];
  /** The most frequent first. */
  readonly reasons: readonly RejectReason[];
  /** Reasons why the import counts as failed, in sentences with a remedy. */
  readonly problems: readonly string[];
}

/** The detected mapping of a file, and the rejections among its first rows (`nChecked`). */
export interface ImportPreview extends Omit<TablePreview, 'rejects'> {
  readonly rejected: number;
  /** The most frequent first. */
  readonly reasons: readonly RejectReason[];
}

/** Maximum share of rejected rows; beyond it the file itself has a problem. */
const MAX_REJECTED_SHARE = 0.1;
/** Minimum share of rows with an item that must refer to an item of the catalogue. */
const MIN_KNOWN_SHARE = 0.1;
/** Values are shown for these columns only. */
const WORD_COLUMNS = new Set(['type', 'available', 'rating']);
/** A word or a short number; any other value might be an id in the wrong column. */
const PLAIN_VALUE = /^(?:[a-z][a-z_ .:-]{0,30}|-?\d{1,3}(?:\.\d{1,2})?)$/i;
const SHOWN_VALUES = 3;

/** Counts rejected rows by reason. */
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

/** Figures from which a file's problems are derived. */
interface Findings {
  readonly kind: ImportKind;
  readonly read: number;
  readonly rejected: number;
  readonly reasons: readonly RejectReason[];
  /** Rows with an item, and the rows among them with an item of the catalogue. */
  readonly withItem: number;
  readonly withKnownItem: number;
  readonly nItems: number;
  /** Whether ids without a trailing ".0" would be in the catalogue. */
  readonly isFloatId: boolean;
}

/** Describes the problems of a readable file; empty if there are none. */
export function problemsOf(findings: Findings): string[] {
  const { kind, read, rejected, reasons, withItem, withKnownItem, nItems, isFloatId } = findings;
  const problems: string[] = [];
  if (read > 0 && rejected > read * MAX_REJECTED_SHARE) {
    const words = reasons.find(({ column, values }) => column === 'type' && values.length > 0)?.values ?? [];
    const isOfOtherEncoding = reasons[0].reason.endsWith(NOT_UTF8);
    const remedy =
      words.length > 0
        ? ` Map a value with --type ${words[0].value}=view, or =ignore.`
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

/** Stage 1: the mapping of a table, which defines how its rows are read, and its description in words. */

import type { TableKind } from './column-names.js';
import { fieldsOf } from './column-names.js';
import type { GivenMapping } from './given-mapping.js';
import type { ListSeparator } from './item-values.js';
import type { RatingRule } from './rating-scale.js';
import { nameOfFormat } from './table-format.js';
import type { TableFormat } from './table-format.js';
import { UTF_8 } from './text-encoding.js';
import type { Encoding } from './text-encoding.js';
import { EVENTS_FROM } from './time-values.js';
import type { DateOrder, TimeForm, TimeOptions } from './time-values.js';

export interface TableMapping {
  readonly kind: TableKind;
  /** Name of the source, for messages. */
  readonly name: string;
  readonly format: TableFormat;
  readonly encoding: Encoding;
  readonly isCompressed: boolean;
  /** CSV: whether the first line contains column names. */
  readonly hasHeader: boolean;
  /** Column names in file order; '' for a column without a name, '1', '2', … without a header line. */
  readonly header: readonly string[];
  /** The columns of each mapped field. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Columns with objects among the rows inspected; they are left out. */
  readonly nested: readonly string[];
  readonly timeForm: TimeForm | null;
  /** Order of day and month in dates like 01/10/2019; null if there are none, or if the file is ambiguous. */
  readonly dateOrder: DateOrder | null;
  readonly categorySeparator: ListSeparator;
  readonly tagSeparator: ListSeparator;
  /** Null except for ratings. */
  readonly rule: RatingRule | null;
  readonly given: GivenMapping;
}

/** Options for parsing the times of a table. */
export function timesOf({ kind, timeForm, dateOrder }: TableMapping, now: number): TimeOptions {
  const isSpreadsheet = timeForm === 'spreadsheet day numbers';
  return { now, isSpreadsheet, dateOrder, from: kind === 'items' ? 0 : EVENTS_FROM };
}

/** Describes the mapping in a few sentences without full stops. */
export function describeMapping(mapping: TableMapping): string[] {
  const { format, encoding, isCompressed, hasHeader, columns, kind, timeForm, rule } = mapping;
  const taken = fieldsOf(kind).flatMap(({ field }) =>
    (columns.get(field) ?? []).map((column) =>
      column === field ? column : `${hasHeader ? column : `column ${column}`} as ${field}`,
    ),
  );
  const packed = isCompressed ? ', gzip' : '';
  const spelled = encoding === UTF_8 ? '' : `, ${encoding}`;
  const said = [
    `took ${taken.join(', ')} (${nameOfFormat(format)}${hasHeader ? '' : ', no header line'}${spelled}${packed})`,
  ];
  if (timeForm !== null && timeForm !== 'dates') said.push(`times are ${timeForm}`);
  if (mapping.dateOrder !== null)
    said.push(`dates begin with the ${mapping.dateOrder === 'day-first' ? 'day' : 'month'}`);
  if (rule !== null) said.push(describeRule(rule));
  for (const [field, separator] of [
    ['category', mapping.categorySeparator],
    ['tags', mapping.tagSeparator],
  ] as const) {
    if (separator !== null && !(field === 'tags' && separator === '|'))
      said.push(
        field === 'category'
          ? `category is split at "${separator}": the first level is the category, the others are tags`
          : `tags are split at "${separator}"`,
      );
  }
  return said;
}

function describeRule({ least, most, likeAt, dislikeAt, notRated, origin }: RatingRule): string {
  const beside = notRated.length === 0 ? '' : `, ${notRated.join(' and ')} as seen but not rated`;
  return `ratings are on the scale ${least}..${most} (${origin}): from ${likeAt} a like, up to ${dislikeAt} a dislike${beside}`;
}

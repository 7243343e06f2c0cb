/** Stage 1: decodes a framed record into the values of its fields. */

import { fieldsOf } from './column-names.js';
import type { FieldRule } from './column-names.js';
import { splitCsvRecord } from './csv-fields.js';
import type { CsvDialect } from './csv-fields.js';
import { cellOf, isNested, mayHoldHalfCharacters, parseRow } from './json-row.js';
import type { Frame } from './record-framer.js';
import { RowProblem } from './row-problem.js';
import type { Remarks } from './remarks.js';
import type { TableMapping } from './table-mapping.js';

/** A row: `values` in the order of the kind's fields, '' if missing. */
export interface TableRow {
  readonly line: number;
  /** The values of a field with several columns are joined with VALUE_SEPARATOR. */
  readonly values: readonly string[];
  /** The non-empty unmapped columns. */
  readonly extras: readonly (readonly [name: string, value: string])[];
}

interface RowDecoder {
  /** Null for a line without a row (blank, header). Throws RowProblem. */
  row(frame: Frame): TableRow | null;
  /** Unmapped columns, and columns left out because they contain objects. */
  others(): { readonly ignored: readonly string[]; readonly nested: readonly string[] };
}

/** Separates the values of a field with several columns. */
export const VALUE_SEPARATOR = '\n';
const REPLACED = 'texts held half a character (an emoji cut in two), which became U+FFFD';

export function createRowDecoder(mapping: TableMapping, remarks: Remarks): RowDecoder {
  return mapping.format.kind === 'csv' ? csvDecoder(mapping, mapping.format) : jsonDecoder(mapping, remarks);
}

export function textOf(frame: Frame): string {
  if (frame.text === null) throw new RowProblem(null, `the line ${frame.problem}`);
  return frame.text;
}

/** Splits a CSV row into `width` fields: empty fields at the end may be missing or surplus. */
export function fieldsOfRow(text: string, width: number, dialect: CsvDialect): string[] {
  const fields = splitCsvRecord(text, dialect);
  if (fields === null) throw new RowProblem(null, 'the row has a quote in the wrong place');
  while (fields.length > width && fields[fields.length - 1].trim() === '') fields.pop();
  if (fields.length !== width)
    throw new RowProblem(null, `the row has ${fields.length} fields where the header has ${width}`);
  return fields;
}

function csvDecoder(
  mapping: TableMapping,
  dialect: Extract<TableMapping['format'], { kind: 'csv' }>,
): RowDecoder {
  const { header, kind, columns } = mapping;
  const width = header.length;
  // A header that ends with the delimiter has a field more than rows without the trailing delimiter.
  const isOpenEnded = width > 1 && header[width - 1] === '';
  const sources = fieldsOf(kind).map(({ field }) =>
    (columns.get(field) ?? []).map((name) => header.indexOf(name)),
  );
  const taken = new Set(sources.flat());
  const others = [...header.keys()].filter((index) => header[index] !== '' && !taken.has(index));
  let nSkipped = (dialect.hasSepLine ? 1 : 0) + (mapping.hasHeader ? 1 : 0);

  return {
    row(frame) {
      if (nSkipped > 0) {
        if (frame.text?.trim() !== '') nSkipped -= 1;
        return null;
      }
      const text = textOf(frame);
      if (text.trim() === '') return null;
      const fields = fieldsOfRow(
        isOpenEnded && !text.endsWith(dialect.delimiter) ? text + dialect.delimiter : text,
        width,
        dialect,
      );
      return {
        line: frame.line,
        values: sources.map((indices) =>
          indices.length === 1
            ? fields[indices[0]].trim()
            : indices.map((index) => fields[index].trim()).join(VALUE_SEPARATOR),
        ),
        extras: others
          .map((index) => [header[index], fields[index].trim()] as const)
          .filter(([, value]) => value !== ''),
      };
    },
    others: () => ({ ignored: others.map((index) => header[index]), nested: [] }),
  };
}

function jsonDecoder(mapping: TableMapping, remarks: Remarks): RowDecoder {
  const rules = fieldsOf(mapping.kind);
  const sources = rules.map((rule) => [rule, mapping.columns.get(rule.field) ?? []] as const);
  const taken = new Set(sources.flatMap(([, names]) => names));
  const nested = new Set(mapping.nested);
  const ignored = new Set(mapping.header.filter((name) => !taken.has(name) && !nested.has(name)));

  const wellFormed = (text: string, rule: FieldRule | null): string => {
    if (text.isWellFormed()) return text;
    if (rule?.field === 'itemId' || rule?.field === 'userId')
      throw new RowProblem(rule.field, 'holds half a character (an emoji cut in two)');
    remarks.add(REPLACED);
    return text.toWellFormed();
  };

  return {
    row(frame) {
      const text = textOf(frame);
      if (text.trim() === '') return null;
      const fields = parseRow(text);
      const check = mayHoldHalfCharacters(text) ? wellFormed : (value: string) => value;
      const read = (rule: FieldRule, name: string): string => {
        if (!Object.hasOwn(fields, name)) return '';
        const value = fields[name];
        if (isNested(value))
          throw new RowProblem(rule.field, 'holds an object where a plain value is needed');
        // Lists are kept as JSON, since entries may contain the separator.
        const isList = Array.isArray(value) && (rule.field === 'category' || rule.field === 'tags');
        if (!isList) return check(cellOf(value), rule);
        return JSON.stringify((value as unknown[]).flat().map((entry) => check(cellOf(entry), rule)));
      };
      const extras: (readonly [string, string])[] = [];
      for (const name of Object.keys(fields)) {
        if (taken.has(name) || nested.has(name)) continue;
        if (isNested(fields[name])) {
          nested.add(name);
          ignored.delete(name);
          continue;
        }
        ignored.add(name);
        const value = check(cellOf(fields[name]), null);
        if (value !== '') extras.push([check(name, null), value]);
      }
      return {
        line: frame.line,
        values: sources.map(([rule, names]) =>
          names.length === 1
            ? read(rule, names[0])
            : names.map((name) => read(rule, name)).join(VALUE_SEPARATOR),
        ),
        extras,
      };
    },
    others: () => ({ ignored: [...ignored], nested: [...nested] }),
  };
}

/**
 * Stage 1: the fields of one CSV record (RFC 4180) that the framer has cut out.
 *
 * Written here because a general parser is made to cut records as well: called once a record it takes half a
 * millisecond, and called on the stream it cannot go on after a line that is too long, badly encoded or badly quoted.
 */

/** How the fields of a CSV file are separated and quoted. */
export interface CsvDialect {
  /** One character, or several, e.g. "::"; quotes mean nothing beside a delimiter of several characters. */
  readonly delimiter: string;
  /** What precedes a quote inside a quoted field; default '"'. */
  readonly escape?: '"' | '\\';
}

export const COMMA_SEPARATED: CsvDialect = { delimiter: ',' };

/** Whether fields of this dialect may be quoted. */
export function hasQuotes({ delimiter }: CsvDialect): boolean {
  return delimiter.length === 1;
}

/** The fields, unquoted and otherwise as they stand; null when a quote is in the wrong place. */
export function splitCsvRecord(text: string, dialect: CsvDialect = COMMA_SEPARATED): string[] | null {
  const { delimiter, escape = '"' } = dialect;
  if (!hasQuotes(dialect) || !text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let start = 0;
  for (;;) {
    const opening = afterSpaces(text, start);
    const isQuoted = text[opening] === '"';
    const close = isQuoted ? afterClosingQuote(text, opening, escape) : nextDelimiter(text, start, delimiter);
    if (close < 0) return null;
    const field = isQuoted ? text.slice(opening + 1, close - 1) : text.slice(start, close);
    if (!isQuoted && field.includes('"')) return null;
    fields.push(isQuoted ? field.replaceAll(`${escape}"`, '"') : field);
    const end = isQuoted ? afterSpaces(text, close) : close;
    if (end === text.length) return fields;
    if (text[end] !== delimiter) return null;
    start = end + 1;
  }
}

/**
 * A cell as a program reads it back, and as no spreadsheet takes it for a formula: a text that begins with = + - @, a
 * tab or a carriage return gets an apostrophe in front. Numbers stay as they are.
 */
export function csvCell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Files are written with a space after the delimiter, too. */
function afterSpaces(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ') at += 1;
  return at;
}

function nextDelimiter(text: string, start: number, delimiter: string): number {
  const next = text.indexOf(delimiter, start);
  return next < 0 ? text.length : next;
}

/** Position after the quote that closes the field opened at `start`; -1 when there is none. */
function afterClosingQuote(text: string, start: number, escape: '"' | '\\'): number {
  let quote = text.indexOf('"', start + 1);
  if (escape === '"') while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  else while (quote > start + 1 && text[quote - 1] === '\\') quote = text.indexOf('"', quote + 1);
  return quote < 0 ? -1 : quote + 1;
}

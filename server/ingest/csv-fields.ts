/**
 * Stage 1: splits a framed CSV record (RFC 4180) into fields.
 *
 * Not a general CSV parser, since those split records as well: called per record they take half a millisecond, and
 * called on the stream they cannot continue after a line that is too long, badly encoded or badly quoted.
 */

/** How fields of a CSV file are separated and quoted. */
export interface CsvDialect {
  /** A character, or several, e.g. "::"; with several, quotes have no meaning. */
  readonly delimiter: string;
  /** Escape character of a quote inside a quoted field; default '"'. */
  readonly escape?: '"' | '\\';
}

export const COMMA_SEPARATED: CsvDialect = { delimiter: ',' };

/** Whether fields of this dialect may be quoted. */
export function hasQuotes({ delimiter }: CsvDialect): boolean {
  return delimiter.length === 1;
}

/** The fields, unquoted but untrimmed; null when a quote is in the wrong place. */
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
 * Formats a CSV cell, safe from spreadsheet formula injection: a text that begins with = + - @, a tab or a carriage
 * return gets a leading apostrophe. Numbers are unchanged.
 */
export function csvCell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Skips spaces, since some files have a space after the delimiter. */
function afterSpaces(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ') at += 1;
  return at;
}

function nextDelimiter(text: string, start: number, delimiter: string): number {
  const next = text.indexOf(delimiter, start);
  return next < 0 ? text.length : next;
}

/** Position after the closing quote of the field opened at `start`; -1 if it is never closed. */
function afterClosingQuote(text: string, start: number, escape: '"' | '\\'): number {
  let quote = text.indexOf('"', start + 1);
  if (escape === '"') while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  else while (quote > start + 1 && text[quote - 1] === '\\') quote = text.indexOf('"', quote + 1);
  return quote < 0 ? -1 : quote + 1;
}

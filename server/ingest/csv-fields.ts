/**
 * Stage 1: the fields of one CSV record (RFC 4180) that the framer has cut out.
 *
 * Written here because a general parser is made to cut records as well: called once a record it takes half a
 * millisecond, and called on the stream it cannot go on after a line that is too long, badly encoded or badly quoted.
 */

/** The fields, unquoted and otherwise as they stand; null when a quote is in the wrong place. */
export function splitCsvRecord(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  let start = 0;
  for (;;) {
    const isQuoted = text[start] === '"';
    const end = isQuoted ? afterClosingQuote(text, start) : nextComma(text, start);
    const field = text.slice(start, end);
    if (end < 0 || (!isQuoted && field.includes('"'))) return null;
    fields.push(isQuoted ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === text.length) return fields;
    if (text[end] !== ',') return null;
    start = end + 1;
  }
}

function nextComma(text: string, start: number): number {
  const comma = text.indexOf(',', start);
  return comma < 0 ? text.length : comma;
}

/** Position after the quote that closes the field opened at `start`; -1 when there is none. */
function afterClosingQuote(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote < 0 ? -1 : quote + 1;
}

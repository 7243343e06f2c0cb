/** The data table of a chart, shown on request, read by screen readers and downloaded as CSV. */

export interface ChartColumn {
  readonly label: string;
  /** Formats cells on the page; `text` by default. The download holds the plain value. */
  readonly format?: (value: number) => string;
}

export type ChartCell = string | number | null;

export interface ChartTable {
  readonly columns: readonly ChartColumn[];
  readonly rows: readonly (readonly ChartCell[])[];
}

export function shownCell(column: ChartColumn, value: ChartCell): string {
  if (value === null) return '–';
  return typeof value === 'number' ? (column.format?.(value) ?? String(value)) : value;
}

/** RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8. */
export function toCsv({ columns, rows }: ChartTable): string {
  const lines = [columns.map(({ label }) => label), ...rows].map((row) => row.map(csvCell).join(','));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function csvCell(value: ChartCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would evaluate a text that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Downloads a text as a file. */
export function download(name: string, text: string, type = 'text/csv'): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

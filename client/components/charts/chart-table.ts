/** The data table of a chart, shown on request, read by screen readers and downloaded as CSV. */

import type { RouteLocationRaw } from 'vue-router';

export interface ChartColumn {
  readonly label: string;
  /** Stable name in the download; the label by default. */
  readonly id?: string;
  /** True for milliseconds since the epoch, which the download holds in ISO 8601. */
  readonly isTime?: boolean;
  /** Links the cell of a row, by its index, to what is behind it; null for no link. */
  readonly link?: (row: number) => RouteLocationRaw | null;
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
  const head = columns.map(({ id, label }) => csvCell(id ?? label)).join(',');
  const lines = [
    head,
    ...rows.map((row) => row.map((cell, place) => csvCell(plain(columns[place], cell))).join(',')),
  ];
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function plain(column: ChartColumn | undefined, cell: ChartCell): ChartCell {
  return column?.isTime === true && typeof cell === 'number' ? new Date(cell).toISOString() : cell;
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

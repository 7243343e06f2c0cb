/** Figures as a table and as JSON. */

import { cpus, totalmem } from 'node:os';

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against; absent where there is nothing to compare with. */
  readonly goal?: string;
  /** The peer's figure from the same run. */
  readonly peer?: number;
}

export function machine(): string {
  return `${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}

/** Value at this share of the sorted sample; NaN for an empty one. */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export function printFigures(figures: readonly Figure[]): void {
  process.stdout.write(`\n${machine()}\n\n| what | measured | peer | goal |\n|---|---|---|---|\n`);
  for (const { what, value, unit, goal, peer } of figures) {
    process.stdout.write(
      `| ${what} | ${format(value)} ${unit} | ${peer === undefined ? '' : `${format(peer)} ${unit}`} | ${goal ?? ''} |\n`,
    );
  }
}

function format(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100
    ? value.toFixed(0)
    : Math.abs(value) >= 1
      ? value.toFixed(2)
      : value.toFixed(4);
}

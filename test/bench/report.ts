/** Figures as a table and as JSON. */

import { cpus, totalmem } from 'node:os';

/** A figure with what it may as well have been: the lowest and highest of several runs, or a 95 % interval over users. */
export interface Measured {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Figure extends Measured {
  readonly what: string;
  readonly unit: string;
  /** What it is held against; absent where there is nothing to compare with. */
  readonly goal?: string;
  /** The peer's figure from the same run. */
  readonly peer?: Measured;
}

export function machine(): string {
  return `${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}

/** Value at this share of the sorted sample; NaN for an empty one. */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The median of several runs, with the lowest and the highest. */
export function medianOf(runs: readonly number[]): Measured {
  return { value: percentile(runs, 0.5), low: Math.min(...runs), high: Math.max(...runs) };
}

export function printFigures(figures: readonly Figure[]): void {
  process.stdout.write(`\n${machine()}\n\n| what | measured | peer | goal |\n|---|---|---|---|\n`);
  for (const { what, unit, goal = '', peer, ...own } of figures) {
    const other = peer === undefined ? '' : withInterval(peer, unit);
    process.stdout.write(`| ${what} | ${withInterval(own, unit)} | ${other} | ${goal} |\n`);
  }
}

function withInterval({ value, low, high }: Measured, unit: string): string {
  const interval = low === undefined || high === undefined ? '' : ` [${format(low)}, ${format(high)}]`;
  return `${format(value)}${interval} ${unit}`.trimEnd();
}

function format(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100
    ? value.toFixed(0)
    : Math.abs(value) >= 1
      ? value.toFixed(2)
      : value.toFixed(4);
}

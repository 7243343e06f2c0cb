/** `npm run personas -- --features F.csv --out F.csv`: clusters any numeric table with the product's own pipeline. */

import { readFile, writeFile } from 'node:fs/promises';

import { parse } from 'csv-parse/sync';

import { InvalidInputError } from '../../domain/index.js';
import type { PersonaFit } from '../../learning/index.js';
import { fitPersonas } from '../../learning/index.js';
import { optional, required, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';

import { runCommand } from './command.js';

const command = {
  name: 'personas',
  summary:
    'Clusters any numeric table: evidence for each number of clusters, and a label and silhouette per row.',
  options: {
    features: required('FILE', 'The table: CSV with a header.'),
    out: required('FILE', 'Where the rows go: row,persona,label,confidence,silhouette,x,y,outlier.'),
    columns: optional('A,B,C', 'The columns to use. Default: all that hold numbers.'),
    seed: wholeNumber('Seed of the random starts.', { least: 0, most: 2 ** 31, byDefault: 1 }),
  },
  examples: ['npm run personas -- --features customers.csv --out personas.csv'],
};

runCommand(command, async ({ features: path, out, columns, seed }) => {
  const { names, values, leftOut, nFilled } = await readTable(path, columns?.split(',') ?? null);
  const progress = createProgress({ title: 'Clustering' });
  const fit = fitPersonas(values, {
    names,
    seed,
    onProgress: (fraction) => progress.update(fraction),
  });
  progress.done();
  await writeFile(out, rowsOf(fit));
  if (leftOut.length > 0)
    process.stdout.write(`Columns that are not numeric, left out: ${leftOut.join(', ')}\n`);
  if (nFilled > 0) process.stdout.write(`${nFilled} empty cells took the median of their column\n`);
  process.stdout.write(describe(fit));
});

interface Table {
  readonly names: string[];
  /** Float64Array, row-major [nRows, names.length]. */
  readonly values: Float64Array;
  /** Columns without a single number in them. */
  readonly leftOut: string[];
  /** Empty cells, which take the median of their column. */
  readonly nFilled: number;
}

/**
 * The columns asked for, or else all that hold numbers. A column with numbers and something else is a mistake, not a
 * text: throws InvalidInputError naming row and column of a cell that is no finite number.
 */
async function readTable(path: string, columns: readonly string[] | null): Promise<Table> {
  const { header, rows } = await readRows(path);
  const unknown = (columns ?? []).filter((name) => !header.includes(name));
  if (unknown.length > 0)
    throw new InvalidInputError(`${path} has no column ${unknown.join(', ')}; it has ${header.join(', ')}.`);
  const hasNumbers = header.map((_, place) => rows.some((row) => Number.isFinite(numberIn(row[place]))));
  const names = columns === null ? header.filter((_, place) => hasNumbers[place]) : [...columns];
  if (names.length === 0) throw new InvalidInputError(`${path} has no numeric column.`);
  const places = names.map((name) => header.indexOf(name));
  const medians = places.map((place) => medianOf(rows, place));
  const values = new Float64Array(rows.length * names.length);
  let nFilled = 0;
  rows.forEach((row, r) =>
    places.forEach((place, c) => {
      const isEmpty = row[place].trim() === '';
      const value = isEmpty ? medians[c] : numberIn(row[place]);
      if (!Number.isFinite(value)) {
        throw new InvalidInputError(
          `${path}, row ${r + 1}: "${row[place]}" in column ${names[c]} is not a finite number.`,
        );
      }
      if (isEmpty) nFilled += 1;
      values[r * names.length + c] = value;
    }),
  );
  const leftOut = columns === null ? header.filter((_, place) => !hasNumbers[place]) : [];
  return { names, values, leftOut, nFilled };
}

/** NaN for a column without numbers. */
function medianOf(rows: readonly string[][], place: number): number {
  const numbers = Float64Array.from(rows.map((row) => numberIn(row[place])).filter(Number.isFinite)).sort();
  return numbers.length === 0 ? Number.NaN : numbers[numbers.length >> 1];
}

async function readRows(path: string): Promise<{ header: string[]; rows: string[][] }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be read: ${(error as Error).message}`);
  }
  let table: string[][];
  try {
    table = parse(text, { bom: true, skip_empty_lines: true }) as string[][];
  } catch (error) {
    throw new InvalidInputError(`${path} is not a CSV file: ${(error as Error).message}`);
  }
  const [header = [], ...rows] = table;
  if (rows.length === 0) throw new InvalidInputError(`${path} has a header and no rows.`);
  return { header, rows };
}

/** NaN for an empty cell and for text. */
function numberIn(cell: string): number {
  return cell.trim() === '' ? Number.NaN : Number(cell);
}

function rowsOf({ model, labels, confidence, silhouettes, projection, outliers }: PersonaFit): string {
  const lines = ['row,persona,label,confidence,silhouette,x,y,outlier'];
  labels.forEach((label, row) => {
    const persona = model.personas[label];
    const numbers = [confidence[row], silhouettes[row], projection[2 * row], projection[2 * row + 1]];
    lines.push(
      `${row + 1},${persona.personaId},"${persona.label}",${numbers.map((n) => n.toFixed(4)).join(',')},${outliers[row]}`,
    );
  });
  return `${lines.join('\n')}\n`;
}

function describe({ model, evidence, silhouette }: PersonaFit): string {
  const { droppedNames } = model.preprocessing;
  const leftOut = droppedNames.length > 0 ? [`Constant columns left out: ${droppedNames.join(', ')}`] : [];
  if (model.personas.length === 1) {
    const one = 'One persona: the rows are too few or too much alike to tell groups apart.';
    return `${[...leftOut, one].join('\n')}\n`;
  }
  const lines = [' k      inertia  silhouette  elbow'];
  for (const row of evidence) {
    const mark = row.k === model.personas.length ? ' <- chosen' : '';
    lines.push(
      `${String(row.k).padStart(2)} ${row.inertia.toFixed(1).padStart(12)} ${row.silhouette.toFixed(4).padStart(11)} ${row.elbow.toFixed(3).padStart(6)}${mark}`,
    );
  }
  lines.push(
    ...leftOut,
    '',
    `Mean silhouette ${silhouette.toFixed(4)}, in the space KMeans ran in (after PCA)`,
  );
  for (const persona of model.personas) {
    lines.push(
      `  ${persona.label}: ${persona.size} rows, silhouette ${persona.silhouette.toFixed(3)}. ${persona.description}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

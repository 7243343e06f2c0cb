/** `npm run personas -- --features F.csv --out F.csv`: clusters any table with the product's pipeline. */

import { writeFile } from 'node:fs/promises';

import { csvCell, readPlainTable, splitCsvRecord, toNumericTable } from '../../ingest/index.js';
import type { NumericTable, PlainTable } from '../../ingest/index.js';
import type { PersonaFit, TableFit } from '../../learning/index.js';
import { fitTable, MOST_CLUSTERS } from '../../learning/index.js';
import { EXIT, optional, required, WrongValue, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';

import { runCommand } from './command.js';

const OUT_COLUMNS = ['row', 'persona', 'label', 'confidence', 'silhouette', 'x', 'y', 'outlier'];
/** Share of refused records above which the exit code is `partlyRefused`. */
const MAX_REFUSED_SHARE = 0.05;
const SHOWN = 5;

const command = {
  name: 'personas',
  summary:
    'Clusters any table: prints evidence for each number of clusters and for clusters at all, and writes a label and silhouette per row.',
  options: {
    features: required(
      'FILE',
      'The table: CSV with any delimiter, JSONL or JSON, optionally gzipped, in any common encoding.',
    ),
    out: required('FILE', `Output file: ${OUT_COLUMNS.join(',')} and the identifier columns.`),
    columns: optional(
      'A,B,C',
      'The columns to use. Default: all with quantities, so neither texts nor identifiers. A column of at most 20 words, if named, becomes a column for each word.',
    ),
    blanks: {
      ...{ description: 'Blank cells take the median of their column, or their rows are dropped.' },
      ...{ placeholder: 'median|drop', isRequired: false, defaultText: 'median' },
      parse: (value: string): 'median' | 'drop' => {
        if (value === 'median' || value === 'drop') return value;
        throw new WrongValue('must be median or drop');
      },
    },
    seed: wholeNumber('Seed of the random starts.', { least: 0, most: 2 ** 31, byDefault: 1 }),
  },
  examples: [
    'npm run personas -- --features customers.csv --out personas.csv',
    `npm run personas -- --features customers.csv --out personas.csv --columns 'age,"spend, total"' --blanks drop`,
  ],
};

runCommand(command, async ({ features: path, out, columns, blanks, seed }) => {
  const table = await readPlainTable(path);
  const wanted = columns === undefined ? null : namesIn(columns);
  const numeric = toNumericTable(table, { columns: wanted, blanks });
  process.stdout.write(lines(describeTable(table, numeric)));
  const progress = createProgress({ title: 'Clustering' });
  const { names } = numeric;
  const result = fitTable(numeric.values, { names, seed, onProgress: (share) => progress.update(share) });
  progress.done();
  await writeFile(out, rowsOf(table, numeric, result.fit));
  process.stdout.write(lines(describeFit(numeric, result)));
  const nRefused = table.refused.length;
  return nRefused > MAX_REFUSED_SHARE * (nRefused + table.rows.length) ? EXIT.partlyRefused : EXIT.done;
});

/** Parses column names; names with a comma are quoted as in CSV. */
function namesIn(columns: string): string[] {
  return (splitCsvRecord(columns) ?? columns.split(',')).map((name) => name.trim());
}

function lines(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${sentence}\n`).join('');
}

function describeTable(table: PlainTable, numeric: NumericTable): string[] {
  const { rows, header, description, hasHeader, refused, name } = table;
  const { names, text, blank, identifiers, suspects, blankCells, nDropped } = numeric;
  const said = [`Read ${rows.length} rows of ${header.length} columns from ${name} (${description})`];
  if (!hasHeader)
    said.push(
      'There is no header line: the first line contains values and is read as a row. The columns are named column 1, column 2 and so on.',
    );
  const [first] = refused;
  if (first !== undefined) {
    const shown = refused.slice(0, SHOWN).map(({ line, reason }) => `line ${line}: ${reason}`);
    said.push(`${refused.length} rows left out: ${shown.join('; ')}${refused.length > SHOWN ? '; ...' : ''}`);
  }
  said.push(`Columns used: ${names.join(', ')}`);
  if (text.length > 0)
    said.push(
      `Columns that are not numeric, left out: ${text.join(', ')} (those with few different words can be used with --columns)`,
    );
  if (identifiers.length > 0)
    said.push(
      `Columns that look like identifiers, left out: ${identifiers.join(', ')} (kept in the output; use them with --columns)`,
    );
  if (blank.length > 0) said.push(`Columns that are mostly blank, left out: ${blank.join(', ')}`);
  if (suspects.length > 0)
    said.push(
      `Columns with a different whole number in every row: ${suspects.join(', ')}. If they are identifiers, exclude them with --columns.`,
    );
  const nBlank = blankCells.reduce((sum, { count }) => sum + count, 0);
  const where = blankCells.map(({ name: column, count }) => `${count} in ${column}`).join(', ');
  if (nDropped > 0) said.push(`${nDropped} rows with empty cells dropped (${where})`);
  else if (nBlank > 0) said.push(`${nBlank} empty cells took the median of their column (${where})`);
  return said;
}

/** The output as CSV; identifier columns follow the row number. */
function rowsOf({ header }: PlainTable, { rows, keys }: NumericTable, fit: PersonaFit): string {
  const { model, labels, confidence, silhouettes, projection, outliers } = fit;
  const keyNames = keys.map((key) =>
    OUT_COLUMNS.includes(header[key]) ? `input ${header[key]}` : header[key],
  );
  const [row, ...others] = OUT_COLUMNS;
  const records: (string | number)[][] = [[row, ...keyNames, ...others]];
  labels.forEach((label, at) => {
    const { personaId, label: name } = model.personas[label];
    const numbers = [confidence[at], silhouettes[at], projection[2 * at], projection[2 * at + 1]];
    const named = [rows[at].row, ...keys.map((key) => rows[at].cells[key]), personaId, name];
    records.push([...named, ...numbers.map((number) => Number(number.toFixed(4))), outliers[at]]);
  });
  return lines(records.map((record) => record.map(csvCell).join(',')));
}

function describeFit(numeric: NumericTable, { fit, evidence, oneHotGroups, structure }: TableFit): string[] {
  const { model, silhouette, featureSilhouette } = fit;
  const { droppedNames } = model.preprocessing;
  const said = droppedNames.length > 0 ? [`Constant columns left out: ${droppedNames.join(', ')}`] : [];
  for (const group of oneHotGroups)
    said.push(`One-hot columns of a single feature, combined: ${group.join(', ')}`);
  if (structure === null)
    return [...said, 'One persona: the rows are too few or too similar to separate groups.'];
  said.push(' k      inertia  silhouette  elbow');
  for (const row of evidence) {
    const mark = row.k === model.personas.length ? ' <- chosen' : '';
    said.push(
      `${String(row.k).padStart(2)} ${row.inertia.toFixed(1).padStart(12)} ${row.silhouette.toFixed(4).padStart(11)} ${row.elbow.toFixed(3).padStart(6)}${mark}`,
    );
  }
  if (model.personas.length === MOST_CLUSTERS)
    said.push(`${MOST_CLUSTERS} is the maximum tried: there may be more groups.`);
  said.push(
    '',
    `Mean silhouette ${silhouette.toFixed(4)}, in the clustering space (after PCA)`,
    `Mean silhouette ${featureSilhouette.toFixed(4)}, in all standardised columns`,
    `Stability ${structure.stability.toFixed(2)}: agreement of clusters of bootstrap samples with these (adjusted Rand index, 1 is best); for uniform noise ${structure.noiseStability.toFixed(2)}`,
    `Best silhouette ${structure.silhouette.toFixed(2)}; with every column shuffled ${structure.shuffled.toFixed(2)}; for uniform noise ${structure.noise.toFixed(2)}`,
  );
  if (!structure.isClear)
    said.push(
      'No clear structure: noise of the same shape gives equally good clusters. Do not rely on these personas.',
    );
  for (const persona of model.personas) {
    said.push(
      `  ${persona.label}: ${persona.size} rows, silhouette ${persona.silhouette.toFixed(3)}. ${persona.description}`,
    );
  }
  return [...said, ...describeOutliers(numeric, fit)];
}

function describeOutliers({ rows }: NumericTable, { model, labels, outliers }: PersonaFit): string[] {
  const placesOf = (places: readonly number[]) => {
    const shown = places
      .slice(0, SHOWN)
      .map((at) => rows[at].line)
      .join(', ');
    return `line ${shown}${places.length > SHOWN ? ', ...' : ''}`;
  };
  const all = [...labels.keys()];
  const far = all.filter((at) => outliers[at] === 1);
  const said = [];
  if (far.length > 0)
    said.push(`${far.length} rows with extreme values, which were clipped: ${placesOf(far)}`);
  model.personas.forEach((persona, index) => {
    if (persona.size > 1 || model.personas.length === 1) return;
    const members = all.filter((at) => labels[at] === index);
    said.push(`"${persona.label}" is a single row (${placesOf(members)}): an outlier rather than a group.`);
  });
  return said;
}

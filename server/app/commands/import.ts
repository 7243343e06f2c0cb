/** `npm run import -- --items F [--events F] [--ratings F] [--dry-run]`, with options for values that are not detected. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { InvalidInputError } from '../../domain/index.js';
import { MAPPING_KEYS, parseMapping } from '../../ingest/index.js';
import type { GivenMapping } from '../../ingest/index.js';
import type { ImportKind, ImportReport } from '../../services/data/index.js';
import type { Application } from '../application.js';
import type { ExitCode, ValuesOf } from '../options.js';
import { EXIT, flag, optional } from '../options.js';
import { createProgress } from '../progress.js';
import type { Progress } from '../progress.js';

import { runWithApplication } from './command.js';

const options = {
  items: optional('FILE', 'The catalogue: an id, and title, category, tags, availability and attributes.'),
  events: optional('FILE', 'Behaviour: user, type, item, time, and value and session.'),
  ratings: optional('FILE', 'Ratings: user, item, rating, and time.'),
  map: optional(
    'F=C,...',
    'Columns by field (userId=visitorid), or by number without a header line; F= ignores a field.',
  ),
  delimiter: optional('MARK', 'Delimiter of CSV, such as ";", "|", "::" or tab.'),
  encoding: optional('NAME', 'The encoding, such as latin1, utf-16le or windows-1250.'),
  type: optional(
    'W=T,...',
    'Types of events (addtocart=cart, remove=ignore); a single type applies to every row.',
  ),
  dates: optional('ORDER', 'Order in dates like 01/10/2019: day-first or month-first.'),
  scale: optional('A..B', 'The lowest and the highest rating, such as 1..10.'),
  'like-at': optional('X', 'Ratings of at least X are likes. Default: the upper quarter, 4 of five stars.'),
  'dislike-at': optional(
    'X',
    'Ratings of at most X are dislikes. Default: the lower quarter, 2 of five stars.',
  ),
  prune: flag('Known items that are not in --items become unavailable.'),
  'items-from-events': flag('Creates items for ids that are not in the catalogue.'),
  mapping: optional('FILE', 'A YAML file with the options from --map on as keys.'),
  rejects: optional('FILE', 'The reject file. Default: rejects.csv in the data folder.'),
  'dry-run': flag('Checks the files and writes nothing.'),
};
const command = {
  name: 'import',
  summary:
    'Imports items, events and ratings from CSV, JSONL or JSON files. Delimiter, encoding, columns, times and scale are' +
    '\ndetected and printed; if the detection is ambiguous, the import stops and asks before it writes. Invalid rows are' +
    '\nlisted in a reject file; running the same import again changes nothing.',
  options,
  examples: [
    'npm run import -- --items items.csv --ratings ratings.csv --dry-run',
    'npm run import -- --items items.csv --events events.jsonl --map userId=visitorid,timestamp=event_time',
    'npm run import -- --items items.csv --ratings ratings.csv --scale 1..10',
  ],
  check(values: ValuesOf<typeof options>) {
    const { items, events, ratings } = values;
    if ((items ?? events ?? ratings) === undefined)
      return 'Name at least one file: --items, --events or --ratings';
    return problemOf(values);
  },
};

const SHOWN_REASONS = 5;
const SHOWN_REMARKS = 12;

runWithApplication(command, importFiles, { beginsInstallation: true });

async function importFiles(
  { container, settings }: Application,
  options: ValuesOf<typeof command.options>,
): Promise<ExitCode> {
  const dryRun = options['dry-run'];
  const rejectPath = options.rejects ?? join(settings.dataDir, 'rejects.csv');
  let bar: { kind: ImportKind; progress: Progress; startedAt: number } | null = null;
  // Files are imported in sequence: a bar ends when the next begins, so that each shows the time of its own file.
  const barOf = (kind: ImportKind) => {
    if (bar?.kind === kind) return bar;
    bar?.progress.done();
    bar = { kind, progress: createProgress({ title: `Importing ${kind}` }), startedAt: Date.now() };
    return bar;
  };
  let rowsRead = 0;
  const order: Parameters<typeof container.imports.run>[0] = {
    items: options.items,
    events: options.events,
    ratings: options.ratings,
    mapping: await mappingOf(options),
    dryRun,
    rejectPath,
    // Reading counts for 0.3: most of the work is writing, which starts after all rows of a user are read.
    onRead: (kind, fraction, rows) => {
      rowsRead = rows;
      const { progress, startedAt } = barOf(kind);
      const rate = Math.round(rows / Math.max(0.001, (Date.now() - startedAt) / 1_000));
      progress.update(
        fraction * (kind === 'items' ? 1 : 0.3),
        `${rows.toLocaleString('en')} rows, ${rate.toLocaleString('en')}/s`,
      );
    },
    onWrite: (kind, written, total) => {
      const { progress, startedAt } = barOf(kind);
      const rate = Math.round(
        (rowsRead * (written / total)) / Math.max(0.001, (Date.now() - startedAt) / 1_000),
      );
      progress.update(
        0.3 + 0.7 * (written / total),
        `${written.toLocaleString('en')} users, ${rate.toLocaleString('en')} rows/s`,
      );
    },
  };
  const kinds = (['items', 'events', 'ratings'] as const).filter((kind) => options[kind] !== undefined);
  const actor = { kind: 'command', name: 'import' } as const;
  const run = () => container.imports.run(order);
  const reports = dryRun
    ? await run()
    : await container.services.audit.run({ actor, action: 'import', target: kinds.join(', ') }, run);
  (bar as { progress: Progress } | null)?.progress.done();
  for (const report of reports) process.stdout.write(describe(report, dryRun));
  if (reports.some((report) => report.rejected > 0))
    process.stdout.write(`Rejected rows are listed in ${rejectPath}\n`);
  const problems = reports.flatMap(({ kind, problems: found }) =>
    found.map((problem) => `${kind}: ${problem}\n`),
  );
  process.stderr.write(problems.join(''));
  return problems.length > 0 ? EXIT.partlyRefused : EXIT.done;
}

/** The problem with the options of the mapping, without a full stop; null for none. */
function problemOf(values: Readonly<Record<string, unknown>>): string | null {
  try {
    parseMapping(keysOf(values));
    return null;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

/** The given options that are keys of a mapping. */
function keysOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = MAPPING_KEYS.filter((key) => values[key] !== undefined && values[key] !== false);
  return Object.fromEntries(given.map((key) => [key, values[key]]));
}

/** The keys of the mapping file, overridden by the command line. */
async function mappingOf(values: Readonly<Record<string, unknown>>): Promise<GivenMapping> {
  const { mapping: path } = values;
  return parseMapping({
    ...(typeof path === 'string' ? await readMappingFile(path) : {}),
    ...keysOf(values),
  });
}

async function readMappingFile(path: string): Promise<Record<string, unknown>> {
  let keys: unknown;
  try {
    keys = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be read as YAML: ${(error as Error).message}`);
  }
  if (keys === null || keys === undefined) return {};
  if (typeof keys !== 'object' || Array.isArray(keys))
    throw new InvalidInputError(`${path} contains no keys; it needs lines such as "delimiter: ;".`);
  return { ...keys };
}

/** A line of counts, and a line per remark. */
function describe(report: ImportReport, dryRun: boolean): string {
  const number = (value: number) => value.toLocaleString('en');
  const count = (value: number, what: string) => (value > 0 ? `, ${number(value)} ${what}` : '');
  const { from, to, reasons, remarks } = report;
  const ignored =
    report.ignoredColumns.length > 0 && report.kind !== 'items'
      ? `, ignored columns: ${report.ignoredColumns.join(', ')}`
      : '';
  const counts = dryRun
    ? `${count(report.rejected, 'would be rejected')}${count(report.newItems, 'items would be created')}${ignored} (dry run, nothing written)`
    : `, ${number(report.recorded)} new` +
      count(report.updated, 'updated') +
      count(report.unchanged, 'unchanged') +
      count(
        report.equalRows,
        report.kind === 'items' ? 'replaced by a later row' : 'equal to another row (counted once)',
      ) +
      count(report.leftOut, 'left out') +
      count(report.rejected, 'rejected') +
      count(report.unknownItems, 'on items that are not in the catalogue (kept)') +
      count(report.newUsers, 'new users') +
      count(report.newItems, 'items created from their ids') +
      ignored;
  const day = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const lines = [
    ...report.mapping,
    ...(from === null || to === null ? [] : [`from ${day(from)} to ${day(to)} UTC`]),
    ...(report.nestedColumns.length > 0
      ? [`columns that contain objects are left out: ${report.nestedColumns.join(', ')}`]
      : []),
    ...remarks.slice(0, SHOWN_REMARKS).map(({ remark, count: rows }) => `${number(rows)} × ${remark}`),
    ...reasons.slice(0, SHOWN_REASONS).map(({ column, reason, count: rows, values }) => {
      const shown = values.map(({ value, count: times }) => `${value} ${number(times)}`).join(', ');
      return `${number(rows)} × ${column ?? ''} ${reason}${shown === '' ? '' : `: ${shown}`}`.replace(
        '  ',
        ' ',
      );
    }),
  ];
  return `${report.kind}: ${number(report.read)} rows read${counts}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

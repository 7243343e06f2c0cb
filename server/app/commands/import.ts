/** `npm run import -- --items F [--events F] [--ratings F] [--dry-run]` */

import { join } from 'node:path';

import type { ImportKind, ImportReport } from '../../services/index.js';
import type { Application } from '../application.js';
import type { ValuesOf } from '../options.js';
import { decimal, flag, optional } from '../options.js';
import { createProgress } from '../progress.js';
import type { Progress } from '../progress.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'import',
  summary:
    'Imports items, events and ratings from CSV or JSONL files. Rows that break a rule are listed in a reject file; running' +
    '\nthe same import again changes nothing.',
  options: {
    items: optional('FILE', 'The catalogue: itemId,title,category,tags and further attributes.'),
    events: optional('FILE', 'Behaviour: userId,type,itemId,timestamp,value,sessionId.'),
    ratings: optional('FILE', 'Ratings: userId,itemId,rating[,timestamp].'),
    'like-at': decimal('Ratings from here up are likes.', 4),
    'dislike-at': decimal('Ratings up to here are dislikes.', 2),
    rejects: optional('FILE', 'The reject file. Default: rejects.csv in the data folder.'),
    'dry-run': flag('Checks the files and writes nothing.'),
  },
  examples: [
    'npm run import -- --items items.csv --ratings ratings.csv --dry-run',
    'npm run import -- --items items.csv --events events.jsonl',
  ],
  check({ items, events, ratings }: { items?: string; events?: string; ratings?: string }) {
    const hasFile = (items ?? events ?? ratings) !== undefined;
    return hasFile ? null : 'Name at least one file: --items, --events or --ratings';
  },
};

runWithApplication(command, importFiles, { beginsInstallation: true });

async function importFiles(
  { container, settings }: Application,
  options: ValuesOf<typeof command.options>,
): Promise<void> {
  const dryRun = options['dry-run'];
  const rejectPath = options.rejects ?? join(settings.dataDir, 'rejects.csv');
  const bars = new Map<ImportKind, { progress: Progress; startedAt: number }>();
  const barOf = (kind: ImportKind) => {
    let bar = bars.get(kind);
    if (bar === undefined) {
      bar = { progress: createProgress({ title: `Importing ${kind}` }), startedAt: Date.now() };
      bars.set(kind, bar);
    }
    return bar;
  };
  let rowsRead = 0;
  const reports = await container.imports.run({
    items: options.items,
    events: options.events,
    ratings: options.ratings,
    dryRun,
    rejectPath,
    likeAt: options['like-at'],
    dislikeAt: options['dislike-at'],
    // Reading is the smaller part of the work: users are written when their rows are together.
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
  });
  for (const { progress } of bars.values()) progress.done();
  for (const report of reports) process.stdout.write(describe(report, dryRun));
  if (reports.some((report) => report.rejected > 0))
    process.stdout.write(`Rejected rows are listed in ${rejectPath}\n`);
}

function describe(report: ImportReport, dryRun: boolean): string {
  const count = (number: number, what: string) =>
    number > 0 ? `, ${number.toLocaleString('en')} ${what}` : '';
  const ignored =
    report.ignoredColumns.length > 0 && report.kind !== 'items'
      ? `, ignored columns: ${report.ignoredColumns.join(', ')}`
      : '';
  if (dryRun) {
    return `${report.kind}: ${report.read.toLocaleString('en')} rows read${count(report.rejected, 'would be rejected')}${ignored} (dry run, nothing written)\n`;
  }
  return (
    `${report.kind}: ${report.read.toLocaleString('en')} rows read, ${report.recorded.toLocaleString('en')} new` +
    count(report.updated, 'updated') +
    count(report.unchanged, 'already there') +
    count(report.rejected, 'rejected') +
    count(report.unknownItems, 'about items the catalogue does not have (kept)') +
    count(report.newUsers, 'new users') +
    `${ignored}\n`
  );
}

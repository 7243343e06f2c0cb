/**
 * `npm run bench`: measures and prints a table. Never part of the tests: a timing says something about a machine on a
 * day.
 */

import { runCommand } from '../../server/app/commands/command.js';
import { UsageError, optional, text } from '../../server/app/options.js';

import { benchAdminClient } from './client-admin.js';
import { benchUserClient } from './client-user.js';
import { benchDevice } from './device.js';
import { benchHttp } from './http.js';
import { benchImport } from './import.js';
import { benchFacets } from './learning/facets.js';
import { benchLearning } from './learning/index.js';
import { benchNewItems } from './learning/new-items.js';
import { benchPrivate } from './learning/private.js';
import { benchSet } from './learning/sets.js';
import { benchTable } from './learning/table.js';
import { benchLive } from './live.js';
import { benchOverload } from './overload.js';
import type { Figure } from './report.js';
import { printFigures } from './report.js';
import { benchRetrain } from './retrain.js';
import { withTheatre } from './server.js';

const command = {
  name: 'bench',
  summary:
    'Measures, and prints a table. Without names it runs every benchmark for which its files are given.',
  options: {
    users: text('N', 'Simulated users of the throw-away servers, and of table.', '10000'),
    minutes: text('N', 'For client: how long a page stays open.', '10'),
    goodbooks: optional('FOLDER', 'For import and device: the folder of goodbooks-10k.'),
    split: optional('FOLDER', 'For learning and new-items: a fixed split of goodbooks-10k.'),
    set: optional('NAME', 'For learning, facets and private: this set of the folder of sets.'),
    sets: optional('FOLDER', 'The folder of sets; default $BENCH_SETS.'),
    items: optional('FILE', "For learning and new-items: the catalogue's file."),
  },
  words: [
    'live',
    'api',
    'overload',
    'retrain',
    'import',
    'device',
    'client',
    'learning',
    'facets',
    'new-items',
    'private',
    'table',
  ],
  examples: ['npm run bench -- live api', 'npm run bench -- import --goodbooks goodbooks-10k'],
};

runCommand(command, async (values, names) => {
  const wants = (name: string) => values.set === undefined && (names.length === 0 || names.includes(name));
  const figures: Figure[] = [];
  if (wants('live')) figures.push(...(await benchLive(values.users)));
  if (wants('api')) figures.push(...(await benchHttp(values.users)));
  if (wants('overload')) figures.push(...(await benchOverload(values.users)));
  if (wants('retrain')) figures.push(...(await benchRetrain(values.users)));
  if (wants('import') && values.goodbooks !== undefined)
    figures.push(...(await benchImport(values.goodbooks)));
  if (wants('device') && values.goodbooks !== undefined)
    figures.push(...(await benchDevice(values.goodbooks)));
  if (wants('client'))
    await withTheatre(values.users, async (theatre) => {
      figures.push(...(await benchUserClient(theatre)));
      const options = { users: values.users, minutes: Number(values.minutes) };
      figures.push(...(await benchAdminClient(theatre, options)));
    });
  const sets = values.sets ?? process.env['BENCH_SETS'];
  if (values.set !== undefined) {
    if (sets === undefined) throw new UsageError('--set needs --sets FOLDER or $BENCH_SETS.');
    const bench = names.includes('facets')
      ? benchFacets
      : names.includes('private')
        ? benchPrivate
        : benchSet;
    figures.push(...(await bench(sets, values.set)));
  } else if (wants('learning'))
    figures.push(...(await benchLearning({ split: values.split, items: values.items })));
  if (wants('new-items') && values.split !== undefined)
    figures.push(...(await benchNewItems({ split: values.split, items: values.items })));
  if (wants('table')) figures.push(...(await benchTable(Number(values.users))));
  printFigures(figures);
});

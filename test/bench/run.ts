/**
 * `npm run bench [-- live] [-- api] [-- retrain] [-- import --goodbooks FOLDER] [-- client --minutes N]
 * [-- learning --split FOLDER [--items FILE]]`: measures and prints a table. Never part of the tests: a timing says
 * something about a machine on a day.
 */

import { parseArgs } from 'node:util';

import { benchAdminClient } from './client-admin.js';
import { benchUserClient } from './client-user.js';
import { benchHttp } from './http.js';
import { benchImport } from './import.js';
import { benchLearning } from './learning/index.js';
import { benchLive } from './live.js';
import type { Figure } from './report.js';
import { printFigures } from './report.js';
import { benchRetrain } from './retrain.js';
import { withTheatre } from './server.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    goodbooks: { type: 'string' },
    split: { type: 'string' },
    items: { type: 'string' },
    users: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '10' },
  },
});
const wants = (name: string) => positionals.length === 0 || positionals.includes(name);

const figures: Figure[] = [];
if (wants('live')) figures.push(...(await benchLive(values.users)));
if (wants('api')) figures.push(...(await benchHttp(values.users)));
if (wants('retrain')) figures.push(...(await benchRetrain(values.users)));
if (wants('import') && values.goodbooks !== undefined) figures.push(...(await benchImport(values.goodbooks)));
if (wants('client'))
  await withTheatre(values.users, async (theatre) => {
    figures.push(...(await benchUserClient(theatre)));
    const options = { users: values.users, minutes: Number(values.minutes) };
    figures.push(...(await benchAdminClient(theatre, options)));
  });
if (wants('learning')) figures.push(...(await benchLearning({ split: values.split, items: values.items })));
printFigures(figures);

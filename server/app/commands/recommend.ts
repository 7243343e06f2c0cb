/**
 * `npm run recommend -- --users F --limit N --out F`: lists for raw user ids, one a line in `--users` (a header line
 * `userId` is skipped, further columns are ignored). Writes `user,item1,...,itemN`; unknown users get their cold-start
 * list. `--scores F` also writes every item's score as little-endian float32, a row per user in the order of the file,
 * a column per item in the order of `--score-items F` (first column of a CSV with a header).
 */

import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';

import { parse } from 'csv-parse/sync';

import { InvalidInputError, NoActiveModelError } from '../../domain/index.js';
import type { ValuesOf } from '../options.js';
import { optional, required, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';

import { runWithApplication } from './command.js';

const options = {
  users: required(
    'FILE',
    "Your own ids of users, one a line; a header line 'userId' and further columns are ignored.",
  ),
  out: required('FILE', 'Where the lists go: user,item1,...,itemN. Unknown users get their cold-start list.'),
  limit: wholeNumber('Items in a list.', { least: 1, most: 1_000, byDefault: 10 }),
  scores: optional('FILE', "Also writes every item's score: little-endian float32, a row per user."),
  'score-items': optional('FILE', 'The items of --scores in order: the first column of a CSV with a header.'),
};
const command = {
  name: 'recommend',
  summary: 'Writes recommendation lists for users of your own system.',
  options,
  examples: ['npm run recommend -- --users users.csv --limit 10 --out lists.csv'],
  check(values: ValuesOf<typeof options>) {
    const areTogether = (values.scores === undefined) === (values['score-items'] === undefined);
    return areTogether ? null : '--scores and --score-items are given together or not at all';
  },
};

/** Users read from the database at once. */
const READ_TOGETHER = 100;

runWithApplication(command, async ({ container, pseudonymize }, values) => {
  const { limit, out: outPath, 'score-items': scoreItemsPath } = values;
  const rawIds = await firstColumn(values.users, 'userId');
  const scoreItems = scoreItemsPath === undefined ? [] : await firstColumn(scoreItemsPath, 'itemId');
  const { recommendations, models } = container.services;
  if (models.activeVersion() === null) throw new NoActiveModelError();
  const out = await createOutput(outPath);
  const scores = values.scores === undefined ? null : await createOutput(values.scores);

  const progress = createProgress({ title: 'Recommending' });
  const userIds = rawIds.map(pseudonymize);
  for (const [index, rawId] of rawIds.entries()) {
    if (index % READ_TOGETHER === 0) {
      await recommendations.preload(userIds.slice(index, index + READ_TOGETHER));
    }
    const userId = userIds[index];
    const { items } = await recommendations.recommend({ userId, first: limit });
    await write(out, `${[rawId, ...items.map(({ itemId }) => itemId)].map(csvCell).join(',')}\n`);
    if (scores !== null) {
      const row = await container.recommender.scoresOf(userId, scoreItems);
      await write(scores, Buffer.from(row.buffer, row.byteOffset, row.byteLength));
    }
    progress.update((index + 1) / rawIds.length, `${(index + 1).toLocaleString('en')} users`);
  }
  for (const stream of [out, scores]) {
    stream?.end();
    if (stream) await finished(stream);
  }
  progress.done(`${rawIds.length.toLocaleString('en')} users -> ${outPath}`);
});

/** A file to write, open already: a place that cannot be written to is found before any work is done. */
async function createOutput(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be written: ${(error as Error).message}`);
  }
  // Kept for the end, which reports it; without a listener it would end the process.
  stream.on('error', () => undefined);
  return stream;
}

async function write(stream: WriteStream, chunk: string | Buffer): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/** The first column of each line; a first line that is `header` (or "user" or "item") is skipped. */
async function firstColumn(path: string, header: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const options = { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true };
  let rows: string[][];
  try {
    rows = parse(text, options) as string[][];
  } catch (error) {
    throw new InvalidInputError(`${path} is not a CSV file: ${(error as Error).message}`);
  }
  const values = rows.map(([first]) => first).filter((value) => value !== '');
  const hasHeader = values[0] === header || values[0] === header.replace('Id', '');
  return hasHeader ? values.slice(1) : values;
}

/** A cell as it must be written to be read back as it is. */
function csvCell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

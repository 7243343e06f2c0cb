/**
 * `npm run recommend -- --users F --limit N --out F`: recommendation lists for the raw user ids in a column of `--users`
 * (CSV or JSONL; `--column` selects the column if it is not detected). Writes `user,item1,...,itemN`; unknown users get
 * a cold-start list. `--scores F` also writes every item's score as little-endian float32, a row per user in the order
 * of the lists, a column per item in the order of `--score-items F`.
 */

import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import type { Exclusion } from '../../domain/index.js';
import { EXCLUSIONS, InvalidInputError, NoActiveModelError, parseExclusions } from '../../domain/index.js';
import { csvCell, describeMapping, parseMapping, readIds } from '../../ingest/index.js';
import type { ValuesOf } from '../options.js';
import { optional, required, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';

import { runWithApplication } from './command.js';

const options = {
  users: required(
    'FILE',
    'User ids of your own system, CSV or JSONL, in a column such as userId or customer_id.',
  ),
  out: required('FILE', 'Output file: user,item1,...,itemN. Unknown users get a cold-start list.'),
  limit: wholeNumber('Items in a list.', { least: 1, most: 1_000, byDefault: 10 }),
  column: optional('NAME', 'The column of --users with the ids; its number if there is no header line.'),
  delimiter: optional('MARK', 'Delimiter of --users. Default: detected.'),
  encoding: optional('NAME', 'The encoding of --users. Default: detected.'),
  exclude: optional(
    'REASONS',
    'Reasons not to list an item again: rated, bought, viewed, listed, separated by commas, or none. Default: SMARTPERSONA_EXCLUDE.',
  ),
  scores: optional('FILE', "Also writes every item's score: little-endian float32, a row per user."),
  'score-items': optional('FILE', 'The items of --scores in order: a file with their ids.'),
};
const command = {
  name: 'recommend',
  summary: 'Writes recommendation lists for users of your own system.',
  options,
  examples: ['npm run recommend -- --users users.csv --limit 10 --out lists.csv'],
  check(values: ValuesOf<typeof options>) {
    const areTogether = (values.scores === undefined) === (values['score-items'] === undefined);
    return areTogether ? null : '--scores and --score-items must be given together';
  },
};

/** Batch size of database reads. */
const READ_TOGETHER = 100;

runWithApplication(command, async ({ container, pseudonymize, store }, values) => {
  const { limit, users: usersPath, out: outPath, 'score-items': scoreItemsPath } = values;
  const exclude = values.exclude === undefined ? null : exclusionsOf(values.exclude);
  const now = Date.now();
  const { delimiter, encoding } = parseMapping({ delimiter: values.delimiter, encoding: values.encoding });
  const users = await readIds(usersPath, 'users', { column: values.column, delimiter, encoding, now });
  if (users.ids.length === 0)
    throw new InvalidInputError(
      `${usersPath} contains no user id${users.rejects.length > 0 ? `: ${users.rejects.length} rows are empty or broken` : ' below its header line'}.`,
    );
  const scoreItems =
    scoreItemsPath === undefined ? [] : (await readIds(scoreItemsPath, 'items', { now })).ids;
  const { recommendations, models } = container.services;
  if (models.activeVersion() === null) throw new NoActiveModelError();
  const out = await createOutput(outPath);
  const scores = values.scores === undefined ? null : await createOutput(values.scores);
  process.stderr.write(`${usersPath}: ${describeMapping(users.mapping).join('; ')}\n`);

  const progress = createProgress({ title: 'Recommending' });
  const rawIds = users.ids;
  const userIds = rawIds.map(pseudonymize);
  let unknown = 0;
  let short = 0;
  for (const [index, rawId] of rawIds.entries()) {
    if (index % READ_TOGETHER === 0) {
      const together = userIds.slice(index, index + READ_TOGETHER);
      unknown += together.length - (await store.users.findMany(together)).length;
      await recommendations.preload(together);
    }
    const userId = userIds[index];
    const { items } = await recommendations.recommend({ userId, first: limit, exclude });
    if (items.length < limit) short += 1;
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
  const number = (value: number) => value.toLocaleString('en');
  progress.done();
  process.stdout.write(
    `${[
      `${number(rawIds.length)} users -> ${outPath}`,
      ...(unknown > 0
        ? [`${number(unknown)} of ${number(rawIds.length)} users unknown: cold-start lists`]
        : []),
      ...(short > 0
        ? [`${number(short)} lists are shorter than ${limit}: no further items are available for them`]
        : []),
      ...(users.nRepeats > 0 ? [`${number(users.nRepeats)} repeated ids listed once`] : []),
      ...(users.rejects.length > 0
        ? [
            `${number(users.rejects.length)} rows skipped, the first at line ${users.rejects[0].line}: ${users.rejects[0].reason}`,
          ]
        : []),
    ].join(', ')}\n`,
  );
});

function exclusionsOf(value: string): readonly Exclusion[] {
  const exclude = parseExclusions(value);
  if (exclude !== null) return exclude;
  throw new InvalidInputError(
    `--exclude must be one or more of ${EXCLUSIONS.join(', ')}, separated by commas, or none; it is "${value}".`,
  );
}

/** Opens an output file, so that a path that is not writable fails before any work is done. */
async function createOutput(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be written: ${(error as Error).message}`);
  }
  // `write` and `finished` report the error; without a listener it would end the process.
  stream.on('error', () => undefined);
  return stream;
}

async function write(stream: WriteStream, chunk: string | Buffer): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/**
 * `npm run recommend -- --users F --limit N --out F`: lists for raw user ids, one a line in `--users` (a header line
 * `userId` is skipped, further columns are ignored). Writes `user,item1,...,itemN`; unknown users get their cold-start
 * list. `--scores F` also writes every item's score as little-endian float32, a row per user in the order of the file,
 * a column per item in the order of `--score-items F` (first column of a CSV with a header).
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';

import { createProgress } from '../progress.js';

import { parseOptions, required, runWithApplication, wholeNumber } from './command.js';

const USAGE = 'npm run recommend -- --users FILE --out FILE [--limit 10] [--scores FILE --score-items FILE]';

runWithApplication(async ({ container, pseudonymize }) => {
  const options = parseOptions(USAGE, {
    users: { type: 'string' },
    out: { type: 'string' },
    limit: { type: 'string', default: '10' },
    scores: { type: 'string' },
    'score-items': { type: 'string' },
  });
  const limit = wholeNumber(options.limit ?? '10', 'limit', 1, 1_000);
  const rawIds = await firstColumn(required(options.users, 'users', USAGE), 'userId');
  const outPath = required(options.out, 'out', USAGE);
  const out = createWriteStream(outPath);
  const scores = options.scores === undefined ? null : createWriteStream(options.scores);
  const scoreItems =
    scores === null
      ? []
      : await firstColumn(required(options['score-items'], 'score-items', USAGE), 'itemId');

  const { recommendations } = container.services;
  const progress = createProgress({ title: 'Recommending' });
  for (const [index, rawId] of rawIds.entries()) {
    const userId = pseudonymize(rawId);
    const { items } = await recommendations.recommend({ userId, first: limit });
    await write(out, `${[rawId, ...items.map(({ itemId }) => itemId)].join(',')}\n`);
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

async function write(stream: NodeJS.WritableStream, chunk: string | Buffer): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/** The first column of each line; a first line that is `header` (or "user" or "item") is skipped. */
async function firstColumn(path: string, header: string): Promise<string[]> {
  const values: string[] = [];
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) {
    const value = line
      .split(',', 1)[0]
      .replace(/^\uFEFF/, '')
      .trim();
    const isHeader = values.length === 0 && (value === header || value === header.replace('Id', ''));
    if (value !== '' && !isHeader) values.push(value);
  }
  return values;
}

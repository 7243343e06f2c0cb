/**
 * `npm run evaluate [-- --json F]`: the active version's figures on likes it was not trained on, as a table and as JSON,
 * beside the figures of the paper's Table I.
 */

import { writeFile } from 'node:fs/promises';

import { NoActiveModelError } from '../../domain/index.js';

import { parseOptions, runWithApplication } from './command.js';

const USAGE = 'npm run evaluate -- [--json FILE]';

/** Table I of the paper; it names no protocol beyond the metric names. */
const PAPER: Readonly<Record<string, string>> = {
  'precision@5': '.78',
  'recall@10': '.85',
  silhouette: '.62',
};

runWithApplication(async ({ container, store }) => {
  const options = parseOptions(USAGE, { json: { type: 'string' } });
  const version = container.services.models.activeVersion();
  const model = version === null ? null : await store.models.find(version);
  if (model === null) throw new NoActiveModelError();
  const { metrics, dataset, k } = model;
  process.stdout.write(
    `Model version ${model.version}: ${dataset.nUsers.toLocaleString('en')} users, ${dataset.nItems.toLocaleString('en')} items, ${k} personas\n` +
      'Held-out likes (the last week where events have times, else a random fifth), all unseen items as candidates\n\n' +
      `${'metric'.padEnd(28)}    value  95 % interval     paper\n`,
  );
  for (const [name, { value, low, high }] of Object.entries(metrics)) {
    const interval = `[${low.toFixed(4)}, ${high.toFixed(4)}]`;
    process.stdout.write(
      `${name.padEnd(28)} ${value.toFixed(4).padStart(8)}  ${interval}  ${PAPER[name] ?? ''}\n`,
    );
  }
  if (options.json !== undefined) {
    const { version: number, personas, evidence, hyperParameters } = model;
    const report = { version: number, dataset, metrics, personas, evidence, hyperParameters };
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
});

/**
 * `npm run chaos -- --rounds N --seed S [--fault NAME]`: rounds of faults with a table of what was found. Ends with 1
 * when an invariant broke, or when a recovery took longer than RECOVERY_GOAL_S.
 */

import { parseArgs } from 'node:util';

import { FAULTS } from './faults.js';
import { runChaos, type RoundRow } from './rounds.js';

const RECOVERY_GOAL_S = 10;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true },
  },
});
const faults = FAULTS.filter(({ name }) => values.fault?.includes(name) ?? true);
if (faults.length === 0) {
  throw new Error(`No such fault. Choose from: ${FAULTS.map(({ name }) => `"${name}"`).join(', ')}.`);
}

const rows = await runChaos({
  ...{ seed: Number(values.seed), nRounds: Number(values.rounds), faults },
  onProgress: (line) => process.stderr.write(`${line}\n`),
  onRound: (row) => {
    process.stderr.write(
      `${row.round}/${values.rounds} ${row.fault}: ${row.recoverySeconds.toFixed(1)} s, ${row.nThumbs} thumbs, ${row.nEvents} events, ${row.nUnanswered} unanswered, ${row.breaches.length} breaches\n`,
    );
    for (const breach of row.breaches) process.stderr.write(`    ${breach}\n`);
  },
});

process.stdout.write(
  `\nSeed ${values.seed}\n\n| fault | rounds | recovery, s: median, max | thumbs | events | unanswered | broken invariants |\n|---|---|---|---|---|---|---|\n`,
);
for (const { name } of faults) {
  const own = rows.filter(({ fault }) => fault === name);
  if (own.length > 0) process.stdout.write(`${lineOf(name, own)}\n`);
}
process.stdout.write(`${lineOf('all', rows)}\n`);
const isSound = rows.every(
  ({ breaches, recoverySeconds }) => breaches.length === 0 && recoverySeconds <= RECOVERY_GOAL_S,
);
process.exitCode = isSound ? 0 : 1;

function lineOf(name: string, own: readonly RoundRow[]): string {
  const seconds = own.map(({ recoverySeconds }) => recoverySeconds).sort((a, b) => a - b);
  const sum = (of: (row: RoundRow) => number) => own.reduce((total, row) => total + of(row), 0);
  const recovery = `${seconds[Math.floor(seconds.length / 2)]!.toFixed(1)}, ${seconds.at(-1)!.toFixed(1)}`;
  const counts = [sum((row) => row.nThumbs), sum((row) => row.nEvents), sum((row) => row.nUnanswered)];
  return `| ${[name, own.length, recovery, ...counts, sum((row) => row.breaches.length)].join(' | ')} |`;
}

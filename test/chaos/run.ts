/** `npm run chaos`: rounds of faults, and a table of what was found. */

import { runCommand } from '../../server/app/commands/command.js';
import { EXIT, WrongValue, wholeNumber, type Option } from '../../server/app/options.js';

import { FAULTS, type Fault } from './faults.js';
import { runChaos, type RoundRow } from './rounds.js';

const RECOVERY_GOAL_S = 10;

const fault: Option<readonly Fault[]> = {
  description: 'Only faults whose name holds this text, such as "database" or "two instances".',
  placeholder: 'NAME',
  isRequired: false,
  defaultText: null,
  parse: (text) => {
    const found = FAULTS.filter(({ name }) => name.includes(text));
    if (found.length > 0) return found;
    throw new WrongValue(`must be part of one of ${FAULTS.map(({ name }) => `"${name}"`).join(', ')}`);
  },
};

const command = {
  name: 'chaos',
  summary: `Puts a server of its own under load, breaks something in each round, and compares all answers with what was
acknowledged. Prints a table. Ends with ${EXIT.failed} when an invariant broke or a recovery took longer than ${RECOVERY_GOAL_S} s.
Ctrl-C ends it after the round.`,
  options: {
    rounds: wholeNumber('Rounds; each has one fault.', { least: 1, most: 10_000, byDefault: 60 }),
    seed: wholeNumber('The same seed gives the same faults in the same order.', {
      least: 0,
      most: 2 ** 31 - 1,
      byDefault: 1,
    }),
    fault,
  },
  examples: ['npm run chaos -- --rounds 60 --seed 101', 'npm run chaos -- --rounds 5 --fault "kill -9 both"'],
};

runCommand(command, async ({ rounds, seed, fault: faults = FAULTS }) => {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const rows = await runChaos({
    ...{ seed, nRounds: rounds, faults, signal: interrupt.signal },
    onProgress: (line) => process.stderr.write(`${line}\n`),
    onRound: (row) => process.stderr.write(reportOf(row)),
  });
  process.stdout.write(`\nSeed ${seed}\n\n${tableOf(rows, faults)}`);
  const isSound = rows.every(
    ({ breaches, recoverySeconds }) => breaches.length === 0 && recoverySeconds <= RECOVERY_GOAL_S,
  );
  return isSound ? EXIT.done : EXIT.failed;
});

function reportOf({ recoverySeconds, nThumbs, nEvents, nUnanswered, breaches }: RoundRow): string {
  const counts = `${nThumbs} thumbs, ${nEvents} events, ${nUnanswered} unanswered, ${breaches.length} breaches`;
  return [
    `  recovered in ${recoverySeconds.toFixed(1)} s, ${counts}`,
    ...breaches.map((one) => `    ${one}`),
    '',
  ].join('\n');
}

function tableOf(rows: readonly RoundRow[], faults: readonly Fault[]): string {
  const groups = [
    ...faults.map(({ name }) => ({ name, own: rows.filter((row) => row.fault === name) })),
    { name: 'all', own: rows },
  ].filter(({ own }) => own.length > 0);
  return [
    '| fault | rounds | recovery, s: median, max | thumbs | events | unanswered | broken invariants |',
    '|---|---|---|---|---|---|---|',
    ...groups.map(({ name, own }) => lineOf(name, own)),
    '',
  ].join('\n');
}

function lineOf(name: string, own: readonly RoundRow[]): string {
  const seconds = own.map(({ recoverySeconds }) => recoverySeconds).sort((a, b) => a - b);
  const sum = (of: (row: RoundRow) => number) => own.reduce((total, row) => total + of(row), 0);
  const recovery = `${seconds[Math.floor(seconds.length / 2)]!.toFixed(1)}, ${seconds.at(-1)!.toFixed(1)}`;
  const counts = [sum((row) => row.nThumbs), sum((row) => row.nEvents), sum((row) => row.nUnanswered)];
  return `| ${[name, own.length, recovery, ...counts, sum((row) => row.breaches.length)].join(' | ')} |`;
}

/** The figures of a simulation as Markdown, for people, and as plain objects, for files. */

import { ctrOf, difference, expectedCtrOf, precisionOf, ratio } from './compare.js';
import type { Difference } from './compare.js';
import type { ArmResult, WeekRow } from './tally.js';

interface Comparison {
  readonly against: ArmResult['policy'];
  readonly ctr: Difference;
  readonly expectedCtr: Difference;
  readonly precisionAt5: Difference;
}

/** Compares the first arm with each further arm. */
export function compareArms([first, ...others]: readonly ArmResult[], seed: number): Comparison[] {
  return others.map((other) => ({
    against: other.policy,
    ctr: difference(ctrOf(first), ctrOf(other), seed),
    expectedCtr: difference(expectedCtrOf(first), expectedCtrOf(other), seed),
    precisionAt5: difference(precisionOf(first), precisionOf(other), seed),
  }));
}

export function armTable({ policy, weeks }: ArmResult): string {
  const personas = [...new Set(weeks.flatMap((row) => Object.keys(row.byPersona)))].sort();
  const head = ['week', 'visitors', 'lists', 'P@5', 'CTR', ...personas.map((label) => `CTR ${label}`)];
  const lines = weeks.map((row) => [
    String(row.week),
    String(row.visitors),
    String(row.lists),
    row.precisionAt5.toFixed(3),
    ctr(row),
    ...personas.map((label) => (Object.hasOwn(row.byPersona, label) ? ctr(row.byPersona[label]) : '–')),
    row.tasteDrift.toFixed(3),
    String(row.moves),
  ]);
  return `\n${policy}\n\n${markdown([...head, 'taste drift', 'moves'], lines)}`;
}

export function summaryTable(arms: readonly ArmResult[], comparisons: readonly Comparison[]): string {
  const rows = arms.map((arm, index) => {
    const comparison = comparisons[index - 1];
    return [
      arm.policy,
      ratio(ctrOf(arm)).toFixed(4),
      comparison === undefined ? '' : interval(comparison.ctr),
      ratio(expectedCtrOf(arm)).toFixed(4),
      comparison === undefined ? '' : interval(comparison.expectedCtr),
      ratio(precisionOf(arm)).toFixed(4),
      comparison === undefined ? '' : interval(comparison.precisionAt5),
    ];
  });
  const above = `${arms[0].policy} is above it by`;
  const head = ['arm', 'CTR', above, 'expected CTR', above, 'P@5', above];
  const verdicts = comparisons.flatMap(({ against, ctr, expectedCtr }) =>
    Object.entries({ CTR: ctr, 'expected CTR': expectedCtr }).map(([name, { low, high }]) => {
      const word = low > 0 ? 'beats' : high < 0 ? 'loses to' : 'is not distinguishable from';
      return `By ${name} the ${arms[0].policy} arm ${word} ${against} (95 % bootstrap interval over users).\n`;
    }),
  );
  return `\n${markdown(head, rows)}\n${verdicts.join('')}`;
}

/** Everything but the per-user arrays. */
export function toReport(arms: readonly ArmResult[], comparisons: readonly Comparison[]) {
  return {
    arms: arms.map((arm) => ({
      policy: arm.policy,
      ctr: ratio(ctrOf(arm)),
      expectedCtr: ratio(expectedCtrOf(arm)),
      precisionAt5: ratio(precisionOf(arm)),
      weeks: arm.weeks,
    })),
    comparisons,
  };
}

function ctr({ clicks, impressions }: Pick<WeekRow, 'clicks' | 'impressions'>): string {
  return impressions === 0 ? '–' : (clicks / impressions).toFixed(3);
}

function interval({ value, low, high }: Difference): string {
  return `${value.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

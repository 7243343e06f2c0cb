/**
 * `npm run evaluate [-- --json F]`: evaluates the active version on held-out likes, for all users and by persona, and
 * compares it with the oracle and the attainable ceiling of simulated data and with Table I of the paper.
 */

import { access, writeFile } from 'node:fs/promises';

import type { Exclusion } from '../../domain/index.js';
import { NoActiveModelError } from '../../domain/index.js';
import { readTruth } from '../../ingest/index.js';
import type { EvaluatedGroup, EvaluationReport } from '../../services/training/index.js';
import { MIN_HELD_OUT, PAPER_USERS } from '../../services/training/index.js';
import { optional } from '../options.js';
import { createProgress } from '../progress.js';
import { reliabilityPlot } from '../reliability-plot.js';

import { runWithApplication } from './command.js';

const command = {
  name: 'evaluate',
  summary:
    'Evaluates the active model on held-out likes, for all users and by persona, and compares it with the oracle and the' +
    '\nattainable ceiling if the data are simulated. Changes nothing.',
  options: {
    json: optional('FILE', 'Also writes the report as JSON.'),
    plot: optional('FILE', 'Also writes a reliability plot of the confidence in personas, as SVG.'),
  },
  examples: [
    'npm run evaluate -- --json report.json',
    'npm run evaluate -- --plot docs/persona-confidence.svg',
  ],
};

/** Table I of the paper: means over its personas, and their range. */
const PAPER = [
  { name: 'precision@5', mean: '.78', range: '.76-.80' },
  { name: 'recall@10', mean: '.85', range: '.83-.86' },
  { name: 'silhouette', mean: '.62', range: '.60-.64' },
] as const;
const PAPER_LEAVES_OPEN = [
  'the number of users behind each row, and its confidence interval (only N = 100 is given)',
  'which events were held out, and whether by time or at random',
  'whether all unseen items were candidates or a sample of them',
  'whether items already seen were left out of the lists',
  'in which space silhouettes were taken, and for which number of clusters',
];

const NOTHING_TO_JUDGE =
  'No evaluation data: no user has liked, bought or viewed two items, so nothing can be held out.';

const METRICS = ['precision@5', 'recall@10', 'ndcg@10', 'auc'] as const;

runWithApplication(command, async ({ container, store, truthPath }, options) => {
  const version = container.services.models.activeVersion();
  const model = version === null ? null : await store.models.find(version);
  if (model === null) throw new NoActiveModelError();
  const { isSynthetic } = await store.dataset.get();
  const truth = isSynthetic && (await exists(truthPath)) ? await readTruth(truthPath) : null;
  const progress = createProgress({ title: 'Evaluating' });
  const report = await container.evaluation.run({
    truth,
    onProgress: (fraction) => progress.update(fraction),
  });
  progress.done();
  process.stdout.write(`${describe(report).join('\n')}\n`);
  if (options.plot !== undefined && report.reliability !== null)
    await writeFile(
      options.plot,
      reliabilityPlot(report.reliability, 'Reliability of confidence in personas'),
    );
  if (options.json !== undefined) {
    const { metrics, dataset, evidence, hyperParameters } = model;
    const paper = { table: PAPER, nUsers: PAPER_USERS, leavesOpen: PAPER_LEAVES_OPEN };
    const content = { ...report, paper, training: { metrics, dataset, evidence, hyperParameters } };
    await writeFile(options.json, `${JSON.stringify(content, null, 2)}\n`);
  }
});

function reliability({ reliability: rows }: EvaluationReport): string[] {
  const seen = (rows ?? []).filter(({ nPairs }) => nPairs > 0);
  if (seen.length === 0) return [];
  return [
    '',
    'Confidence in personas, on users it was not calibrated on: kept the persona after twice the signals',
    '  range        pairs    said    kept  95 % interval',
    ...seen.map(({ low, high, nPairs, said, kept, keptLow, keptHigh }) => {
      const range = `${low.toFixed(2)} - ${high.toFixed(2)}`;
      return `  ${range} ${count(nPairs).padStart(7)}   ${said.toFixed(3)}   ${kept.toFixed(3)}  ${keptLow.toFixed(3)} - ${keptHigh.toFixed(3)}`;
    }),
  ];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function describe(report: EvaluationReport): string[] {
  const events = report.judgedBy === null ? null : `${report.judgedBy}s`;
  const heldOut =
    report.holdOut === 'temporal' ? `the ${events} of the last week` : `a random fifth of the ${events}`;
  const { silhouettesSampled, nUsers, nItems, version } = report;
  return [
    `Model version ${version}: ${count(nUsers)} users, ${count(nItems)} items, ${report.all.length - 1} personas`,
    ...privacyOf(report),
    events === null
      ? NOTHING_TO_JUDGE
      : `Held out: ${heldOut}; fitted again without them, ${report.trainingPrivacy === null ? "with the version's own hyper-parameters" : 'with noise of the same size'}.`,
    `${candidateRule(report.exclude)} Brackets: 95 % bootstrap intervals over users.`,
    `Silhouettes: in all standardised features, and in the components where KMeans runs${silhouettesSampled ? '; of a sample of the users' : ''}.`,
    ...section(`Users with at least ${MIN_HELD_OUT} held-out ${events}`, report.protocol),
    ...section(`${PAPER_USERS} of them, drawn at random`, report.sample),
    ...section(`All users with a held-out ${report.judgedBy}`, report.all),
    ...reliability(report),
    '',
    ...besidePaper(report),
  ];
}

function privacyOf({ trainingPrivacy }: EvaluationReport): string[] {
  if (trainingPrivacy === null) return [];
  const { epsilon, delta } = trainingPrivacy;
  return [`Private training of the recommender: epsilon ${epsilon}, delta ${delta}, for each user.`];
}

function candidateRule(exclude: readonly Exclusion[]): string {
  const left = ['disliked', ...exclude.filter((reason) => reason !== 'listed')].join(', ');
  return `Candidates: all items except those the user ${left}; SMARTPERSONA_EXCLUDE, and "viewed" if views or clicks are held out.`;
}

function section(title: string, groups: readonly EvaluatedGroup[]): string[] {
  if (groups[0].nJudged === 0) return [];
  const lines = ['', title];
  for (const { metrics, coverage, novelty, ...group } of groups) {
    if (metrics === null || coverage === null || novelty === null) continue;
    const { oracle, ratio, ceiling, silhouette, featureSilhouette } = group;
    lines.push(`  ${group.label} (N = ${count(group.nJudged)})`);
    for (const name of METRICS) {
      const beside =
        oracle === null || ratio === null
          ? ''
          : `   oracle ${oracle[name].value.toFixed(3)}   ratio ${interval(ratio[name])}`;
      lines.push(`    ${name.padEnd(12)} ${interval(metrics[name])}${beside}`);
      if (ceiling !== null)
        lines.push(
          `    ${'attainable'.padStart(12)} ${interval(ceiling.metrics[name])}   ratio ${interval(ceiling.ratio[name])}   N = ${ceiling.nUsers}`,
        );
    }
    lines.push(`    ${'coverage@10'.padEnd(12)} ${coverage.toFixed(3)}`);
    lines.push(`    ${'novelty@10'.padEnd(12)} ${interval(novelty)} bits`);
    lines.push(
      `    ${'silhouette'.padEnd(12)} ${interval(featureSilhouette)} in all features   ${interval(silhouette)} where KMeans runs`,
    );
  }
  return lines;
}

/** Table I beside our figures for the same metrics, row by row: ours, the attainable ceiling and the oracle. */
function besidePaper({ protocol, sample, all }: EvaluationReport): string[] {
  const rows: [string, EvaluatedGroup][] = [
    ...protocol.map((group): [string, EvaluatedGroup] => [group.label, group]),
    [`Everyone, sample`, sample[0]],
    [`Everyone, no minimum`, all[0]],
  ];
  const line = (label: string, n: string, cells: readonly string[]) =>
    `  ${label.padEnd(24)} ${n.padStart(7)}  ${cells.map((cell) => cell.padStart(12)).join('')}`;
  return [
    `Table I of the paper (N = ${PAPER_USERS}) beside ours`,
    line('row', 'N', [
      ...PAPER.map(({ name }) => name),
      ...['ceiling P@5', 'R@10', 'oracle P@5', 'R@10', 'P@5/ceiling'],
    ]),
    line(
      'paper, mean',
      String(PAPER_USERS),
      PAPER.map(({ mean }) => mean),
    ),
    line(
      'paper, its personas',
      '-',
      PAPER.map(({ range }) => range),
    ),
    ...rows.map(([label, { nJudged, metrics, oracle, ceiling, silhouette }]) => {
      const ours = PAPER.map(({ name }) => (name === 'silhouette' ? silhouette : metrics?.[name])?.value);
      const best = [ceiling?.metrics, oracle].flatMap((of) => [
        of?.['precision@5'].value,
        of?.['recall@10'].value,
      ]);
      const figures = [...ours, ...best, ceiling?.ratio['precision@5'].value];
      return line(
        label,
        count(nJudged),
        figures.map((value) => value?.toFixed(3) ?? '-'),
      );
    }),
    'Silhouettes of the table are those where KMeans runs.',
    'The paper does not state:',
    ...PAPER_LEAVES_OPEN.map((left) => `  - ${left}`),
  ];
}

function interval({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

function count(n: number): string {
  return n.toLocaleString('en');
}

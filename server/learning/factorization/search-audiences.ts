/**
 * Chooses the weights for time and newcomers on several audiences at once: random likes of users, their next item, and
 * their likes after an instant. Each audience has its own fit, because each hides different entries.
 */
import { runParts, sharedFloat32, sharedInt32 } from '../kernels/index.js';
import { fitCompanions, maxCompanions } from './companions.js';
import { recentPopularityOf } from './popularity.js';
import { fitSequence, maxFollowers } from './sequence.js';
import { measureEach } from './validation-metrics.js';
import { scoreUsers } from './validation-scores.js';

import type { KernelThreads, SharedTask } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { FittedModel } from './fit-model.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';
import type { Quality } from './validation-metrics.js';
import type { ScoredUsers } from './validation-scores.js';
import type { ValidationUser } from './validation.js';

/** Users with hidden entries, and a model fitted without them. */
interface Audience {
  /** The hidden entries: likes of any time, the next like, or all likes after an instant. */
  readonly hidden: 'any' | 'next' | 'later';
  readonly fitted: FittedModel;
  readonly users: readonly ValidationUser[];
  /** `FittedModel.model.recentPopularity` by half-life in days. */
  readonly recentPopularities: ReadonlyMap<number, Float32Array>;
}

/** The audiences scored under a configuration. */
interface Standing {
  readonly hyperParameters: HyperParameters;
  readonly scored: readonly ScoredUsers[];
  readonly qualities: readonly Quality[];
}

/** What a gain of an audience is relative to, and the weight of a gain for its warm users. */
interface Unit {
  readonly warm: number;
  readonly cold: number;
  readonly share: number;
}

type Change = Partial<HyperParameters>;

const FACTOR_WEIGHTS = [0.04, 0.08, 0.16, 0.3, 0.6, 1.2, 2.4].map((factorWeight) => ({ factorWeight }));
const SEQUENCE_WEIGHTS = [0, 0.25, 0.5, 1, 2, 4, 8, 16].map((sequenceWeight) => ({ sequenceWeight }));
const SEQUENCE_DECAYS = [0.5, 0.65, 0.8].map((sequenceDecay) => ({ sequenceDecay }));
const HALF_LIVES = [0, 7, 30, 120].map((halfLife) => ({ halfLife }));
const HALF_LIVES_ITEMS = [0, 2, 8, 32].map((halfLifeItems) => ({ halfLifeItems }));
const NEWCOMER_WEIGHTS = [0, 0.3, 1, 2, 4, 8].map((newcomerWeight) => ({ newcomerWeight }));
const COMPANION_WEIGHTS = [0, 2, 4, 8, 16].map((companionWeight) => ({ companionWeight }));
const HISTORY_BOOSTS = [0, 3, 10].map((shortHistoryBoost) => ({ shortHistoryBoost }));
const RECENT_HALF_LIVES = [3, 7, 14, 30];
const RECENT_WEIGHTS = [0.2, 0.4, 0.8, 1.6, 3, 6, 12, 24].map((recentPopularityWeight) => ({
  recentPopularityWeight,
}));
const ABSENCES = [0, 1, 3, 7, 14, 30].map((recentPopularityAbsence) => ({ recentPopularityAbsence }));
/** Weight of a gain for cold users relative to warm users. */
const COLD_SHARE = 0.5;
/**
 * Weight of a gain in the first audience, with random hidden entries, relative to the future audiences where times are
 * known. The order of entries without times may mean nothing.
 */
const LASTING_SHARE = 0.25;
/** Lower bound of the NDCG that gains are relative to. */
const MIN_UNIT = 1e-4;
/**
 * A gain counts only beyond this many standard errors; more if a term is added or removed. Recent popularity needs fewer
 * than other terms: it only changes the lists of users who return, of whom a record has few.
 */
const STANDARD_ERRORS = { tuned: 1, returning: 2, switched: 3 };
const SWITCHES = [
  'sequenceWeight',
  'halfLife',
  'halfLifeItems',
  'newcomerWeight',
  'companionWeight',
] as const;

interface PartsInput {
  readonly nItems: number;
  readonly hyperParameters: HyperParameters;
  /** Training data by audience. */
  readonly interactions: readonly Interactions[];
  readonly out: readonly WeighableParts[];
}

/** Parts of an audience's model in memory that threads share. */
interface WeighableParts {
  /** Float32Array, row-major [RECENT_HALF_LIVES.length, nItems]. */
  readonly recent: Float32Array;
  /** With room for `maxFollowers` entries per row. */
  readonly sequence: SparseRows;
  /** With room for `maxCompanions` entries per row. */
  readonly companions: SparseRows;
}

export const audienceTask: SharedTask<PartsInput> = { name: 'audience', run: fitParts };

/** Audiences with models that have all weighable parts; `interactions` are the training data of each. */
export function audiencesOf(
  trained: readonly (Omit<Audience, 'recentPopularities'> & { readonly interactions: Interactions })[],
  threads?: KernelThreads,
): Audience[] {
  const { nItems, hyperParameters } = trained[0].fitted.model;
  const out = trained.map(() => ({
    recent: sharedFloat32(RECENT_HALF_LIVES.length * nItems),
    sequence: sharedRows(nItems, maxFollowers(nItems)),
    companions: sharedRows(2 * nItems, maxCompanions(nItems)),
  }));
  const interactions = trained.map((audience) => audience.interactions);
  const input = { nItems, hyperParameters, interactions, out };
  runParts(threads, audienceTask, { input, nParts: WEIGHABLE.length * trained.length });
  return trained.map(({ hidden, users, fitted }, a) => {
    const { recent, sequence, companions } = out[a];
    const recentPopularities = new Map(
      RECENT_HALF_LIVES.map((days, h) => [days, recent.subarray(h * nItems, (h + 1) * nItems)]),
    );
    const model = { ...fitted.model, sequence, companions };
    return { hidden, users, recentPopularities, fitted: { ...fitted, model } };
  });
}

function sharedRows(nRows: number, mostPerRow: number): SparseRows {
  return {
    indptr: sharedInt32(nRows + 1),
    indices: sharedInt32(nRows * mostPerRow),
    values: sharedFloat32(nRows * mostPerRow),
  };
}

/** The parts of an audience's model, the slowest first. */
const WEIGHABLE: readonly ((input: PartsInput, a: number) => void)[] = [
  ({ nItems, hyperParameters, interactions, out }, a) =>
    write(fitSequence(interactions[a], nItems, hyperParameters), out[a].sequence),
  ({ nItems, hyperParameters, interactions, out }, a) =>
    write(fitCompanions(interactions[a], nItems, hyperParameters), out[a].companions),
  ({ nItems, hyperParameters, interactions, out }, a) =>
    RECENT_HALF_LIVES.forEach((recentPopularityHalfLife, h) =>
      out[a].recent.set(
        recentPopularityOf(interactions[a], nItems, { ...hyperParameters, recentPopularityHalfLife }),
        h * nItems,
      ),
    ),
];

function fitParts(input: PartsInput, part: number): void {
  const { length } = input.interactions;
  WEIGHABLE[Math.floor(part / length)](input, part % length);
}

function write({ indptr, indices, values }: SparseRows, to: SparseRows): void {
  to.indptr.set(indptr);
  to.indices.set(indices);
  to.values.set(values);
}

/** The audiences, and the threads that score them. */
interface Panel {
  readonly audiences: readonly Audience[];
  readonly threads?: KernelThreads;
}

interface AudienceOptions {
  readonly threads?: KernelThreads;
  /** Whether interactions are ordered, and whether by known times. */
  readonly hasOrder: boolean;
  readonly hasTimes: boolean;
  /** Number of the only ladder to try, modulo the number of ladders. Default: all. */
  readonly onlyLadder?: number;
  readonly onProgress?: (fraction: number) => void;
}

/** `start` with the changes that improve the audiences in total. */
export function weighAudiences(
  audiences: readonly Audience[],
  start: HyperParameters,
  { threads, hasOrder, hasTimes, onlyLadder, onProgress }: AudienceOptions,
): HyperParameters {
  const panel = { audiences, threads };
  const all = hasOrder ? [hasTimes ? HALF_LIVES : [], SEQUENCE_DECAYS, HALF_LIVES_ITEMS] : [];
  const only = onlyLadder === undefined ? undefined : onlyLadder % all.length;
  const ladders = all.map((ladder, at) => (only === undefined || at === only ? ladder : []));
  const newcomers = crossed(NEWCOMER_WEIGHTS, HISTORY_BOOSTS);
  let tried = 0;
  const report = () => onProgress?.(++tried / (ladders.flat().length + 1));
  let best = standing(panel, start);
  const units = unitsOf(audiences, best);
  report();
  best = reweighed(panel, best, newcomers, units);
  // First, so that a half-life gets no credit for the effect of a weight tried with it.
  best = reweighed(panel, best, FACTOR_WEIGHTS, units);
  best = reweighed(panel, best, COMPANION_WEIGHTS, units);
  for (const [step, ladder] of ladders.entries()) {
    // After the half-life in days, which is simpler than the terms based on order.
    if (step === 1) best = reweighed(panel, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), units);
    const from = best;
    for (const change of ladder) {
      report();
      if (isPresent(from, change) || isWithoutEffect(from, change)) continue;
      // Scores afresh, since the half-life changes the fold-in.
      const aged = standing(panel, { ...from.hyperParameters, ...change });
      const weighed = reweighed(panel, aged, nearby(aged.hyperParameters), units);
      if (worth(weighed, best, units) > 0) best = weighed;
    }
  }
  if (hasOrder) best = reweighed(panel, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), units);
  best = withRecentPopularity(panel, best);
  best = reweighed(panel, best, newcomers, units);
  return reweighed(panel, best, COMPANION_WEIGHTS, units).hyperParameters;
}

/** Adds recent popularity if it pays off: relative gains count equally for all audiences. */
function withRecentPopularity(panel: Panel, present: Standing): Standing {
  if (!panel.audiences.some(({ hidden }) => hidden === 'later')) return present;
  const units = unitsOf(panel.audiences, present);
  const halfLives = RECENT_HALF_LIVES.map((recentPopularityHalfLife) => ({ recentPopularityHalfLife }));
  const weighed = reweighed(panel, present, crossed(halfLives, RECENT_WEIGHTS), units);
  return reweighed(panel, weighed, ABSENCES, units);
}

function unitsOf(audiences: readonly Audience[], { qualities }: Standing): Unit[] {
  const hasFuture = audiences.some(({ hidden }) => hidden === 'later');
  return qualities.map(({ warm, cold }, a) => ({
    ...{ warm: meanOf(warm), cold: meanOf(cold) },
    share: hasFuture && audiences[a].hidden === 'any' ? LASTING_SHARE : 1,
  }));
}

function isPresent({ hyperParameters }: Standing, change: Change): boolean {
  return Object.entries(change).every(
    ([name, value]) => hyperParameters[name as keyof HyperParameters] === value,
  );
}

/** The decay of the sequence term matters only if the term has a weight. */
function isWithoutEffect({ hyperParameters }: Standing, change: Change): boolean {
  return change.sequenceDecay !== undefined && hyperParameters.sequenceWeight === 0;
}

function standing(panel: Panel, hyperParameters: HyperParameters): Standing {
  const { audiences, threads } = panel;
  const scored = audiences.map(({ fitted, users }) => {
    const { halfLife, halfLifeItems, sequenceDecay } = hyperParameters;
    const own = { ...fitted.model.hyperParameters, halfLife, halfLifeItems, sequenceDecay };
    const aged = { ...fitted, model: { ...fitted.model, hyperParameters: own } };
    return scoreUsers(aged, users, { threads, withOrder: false });
  });
  return judgedEach(panel, { hyperParameters, scored }, [{}])[0];
}

/** The standing under each of the changes. */
function judgedEach(
  { audiences, threads }: Panel,
  { hyperParameters, scored }: Pick<Standing, 'hyperParameters' | 'scored'>,
  changes: readonly Change[],
): Standing[] {
  const changed = changes.map((change) => ({ ...hyperParameters, ...change }));
  const measured = audiences.map(({ fitted: { model, likeRate }, recentPopularities }, a) =>
    measureEach(scored[a], changed, {
      blendedFor: ({ recentPopularityHalfLife }) => {
        const recentPopularity = recentPopularities.get(recentPopularityHalfLife) ?? model.recentPopularity;
        return { model: { ...model, recentPopularity }, likeRate };
      },
      threads,
    }),
  );
  return changed.map((each, k) => ({
    ...{ hyperParameters: each, scored },
    qualities: measured.map((ofAudience) => ofAudience[k]),
  }));
}

/** The best of the present weights and the changes. */
function reweighed(
  panel: Panel,
  present: Standing,
  changes: readonly Change[],
  units: readonly Unit[],
): Standing {
  let best = present;
  let most = 0;
  for (const other of judgedEach(panel, present, changes)) {
    const gain = worth(other, present, units);
    if (gain <= most) continue;
    best = other;
    most = gain;
  }
  return best;
}

function crossed(one: readonly Change[], other: readonly Change[]): Change[] {
  return one.flatMap((a) => other.map((b) => ({ ...a, ...b })));
}

/** Factor and sequence weights at half and twice the present values. */
function nearby({ factorWeight, sequenceWeight }: HyperParameters): Change[] {
  return [0.5, 2].flatMap((by) => [
    { factorWeight: factorWeight * by },
    { sequenceWeight: sequenceWeight * by },
  ]);
}

/** Total gain over all audiences, each reduced by its uncertainty. */
function worth(challenger: Standing, incumbent: Standing, units: readonly Unit[]): number {
  const isSwitched = (name: keyof HyperParameters) =>
    (challenger.hyperParameters[name] === 0) !== (incumbent.hyperParameters[name] === 0);
  const doubt = SWITCHES.some(isSwitched)
    ? STANDARD_ERRORS.switched
    : isSwitched('recentPopularityWeight')
      ? STANDARD_ERRORS.returning
      : STANDARD_ERRORS.tuned;
  let sum = 0;
  units.forEach(({ warm, cold, share }, a) => {
    const [theirs, ours] = [challenger.qualities[a], incumbent.qualities[a]];
    sum += share * sureGain(theirs.warm, ours.warm, warm, doubt);
    sum += COLD_SHARE * sureGain(theirs.cold, ours.cold, cold, doubt);
  });
  return sum;
}

/** Mean difference in units of `unit`, shrunk by its standard error, and 0 within `doubt` standard errors. */
function sureGain(challenger: Float64Array, incumbent: Float64Array, unit: number, doubt: number): number {
  const n = challenger.length;
  if (n === 0) return 0;
  const differences = challenger.map((value, u) => (value - incumbent[u]) / Math.max(unit, MIN_UNIT));
  const { mean: gain, variance } = momentsOf(differences);
  if (gain === 0) return 0;
  return gain * Math.max(0, 1 - (doubt ** 2 * variance) / gain ** 2);
}

/** Mean of the values, and the variance of that mean. */
function momentsOf(values: Float64Array): { mean: number; variance: number } {
  const mean = meanOf(values);
  return { mean, variance: meanOf(values.map((value) => (value - mean) ** 2)) / Math.max(values.length, 1) };
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

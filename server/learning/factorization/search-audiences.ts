/**
 * Chooses the weights for time and newcomers on several audiences at once: random likes of users, their next item, and
 * their likes after an instant. Each audience has its own fit, because each hides different entries.
 */
import { recentPopularityOf } from './popularity.js';
import { fitSequence } from './sequence.js';
import { measure } from './validation-metrics.js';
import { blendBy, scoreUsers } from './validation-scores.js';

import type { FittedModel } from './fit-model.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';
import type { Quality } from './validation-metrics.js';
import type { ScoredUser } from './validation-scores.js';
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
  readonly scored: readonly (readonly ScoredUser[])[];
  readonly qualities: readonly Quality[];
}

type Change = Partial<HyperParameters>;

const FACTOR_WEIGHTS = [0.04, 0.08, 0.16, 0.3, 0.6, 1.2, 2.4].map((factorWeight) => ({ factorWeight }));
const SEQUENCE_WEIGHTS = [0, 0.25, 0.5, 1, 2, 4, 8, 16].map((sequenceWeight) => ({ sequenceWeight }));
const SEQUENCE_DECAYS = [0.5, 0.65, 0.8].map((sequenceDecay) => ({ sequenceDecay }));
const HALF_LIVES = [0, 7, 30, 120].map((halfLife) => ({ halfLife }));
const HALF_LIVES_ITEMS = [0, 2, 8, 32].map((halfLifeItems) => ({ halfLifeItems }));
const NEWCOMER_WEIGHTS = [0, 0.3, 1, 2, 4, 8].map((newcomerWeight) => ({ newcomerWeight }));
const HISTORY_BOOSTS = [0, 3, 10].map((shortHistoryBoost) => ({ shortHistoryBoost }));
const FASHION_HALF_LIVES = [3, 7, 14, 30];
const FASHION_WEIGHTS = [0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3].map((recentPopularityWeight) => ({
  recentPopularityWeight,
}));
/** Weight of a gain for cold users relative to warm users. */
const COLD_SHARE = 0.5;
/** Weight of a gain in the first audience, with random hidden entries, relative to the future audiences. */
const LASTING_SHARE = 0.25;
/** Lower bound of the NDCG that gains are relative to. */
const MIN_UNIT = 1e-4;
/** A gain counts only beyond this many standard errors; more if a term is added or removed. */
const STANDARD_ERRORS = { tuned: 1, switched: 3 };
const SWITCHES = [
  'sequenceWeight',
  'halfLife',
  'halfLifeItems',
  'newcomerWeight',
  'recentPopularityWeight',
] as const;

/** An audience with a model that has all weighable parts; `interactions` are its training data. */
export function audienceOf(
  hidden: Audience['hidden'],
  { fitted, users, interactions }: Pick<Audience, 'fitted' | 'users'> & { interactions: Interactions },
): Audience {
  const { nItems, hyperParameters } = fitted.model;
  const sequence = fitSequence(interactions, nItems, hyperParameters);
  const recentPopularities = new Map(
    FASHION_HALF_LIVES.map((recentPopularityHalfLife) => [
      recentPopularityHalfLife,
      recentPopularityOf(interactions, nItems, { ...hyperParameters, recentPopularityHalfLife }),
    ]),
  );
  return { hidden, users, recentPopularities, fitted: { ...fitted, model: { ...fitted.model, sequence } } };
}

interface AudienceOptions {
  /** Whether interactions are ordered, and whether by known times. */
  readonly hasOrder: boolean;
  readonly hasTimes: boolean;
  readonly onProgress?: (fraction: number) => void;
}

/** `start` with the changes that improve the audiences in total. */
export function weighAudiences(
  audiences: readonly Audience[],
  start: HyperParameters,
  { hasOrder, hasTimes, onProgress }: AudienceOptions,
): HyperParameters {
  const ladders = hasOrder ? [hasTimes ? HALF_LIVES : [], SEQUENCE_DECAYS, HALF_LIVES_ITEMS] : [];
  const newcomers = crossed(NEWCOMER_WEIGHTS, HISTORY_BOOSTS);
  let tried = 0;
  const report = () => onProgress?.(++tried / (ladders.flat().length + 1));
  let best = standing(audiences, start);
  const reference = best.qualities;
  report();
  best = reweighed(audiences, best, newcomers, reference);
  // First, so that a half-life gets no credit for the effect of a weight tried with it.
  best = reweighed(audiences, best, FACTOR_WEIGHTS, reference);
  for (const [step, ladder] of ladders.entries()) {
    // After the half-life in days, which is simpler than the terms based on order.
    if (step === 1) best = reweighed(audiences, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), reference);
    const from = best;
    for (const change of ladder) {
      report();
      if (isPresent(from, change)) continue;
      // Scores afresh, since the half-life changes the fold-in.
      const aged = standing(audiences, { ...from.hyperParameters, ...change });
      const weighed = reweighed(audiences, aged, nearby(aged.hyperParameters), reference);
      if (worth(weighed, best, reference) > 0) best = weighed;
    }
  }
  if (hasOrder) best = reweighed(audiences, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), reference);
  best = withRecentPopularity(audiences, best);
  return reweighed(audiences, best, newcomers, reference).hyperParameters;
}

/** Adds recent popularity if it pays off: relative gains count equally for all audiences. */
function withRecentPopularity(audiences: readonly Audience[], present: Standing): Standing {
  if (!audiences.some(({ hidden }) => hidden === 'later')) return present;
  const halfLives = FASHION_HALF_LIVES.map((recentPopularityHalfLife) => ({ recentPopularityHalfLife }));
  return reweighed(audiences, present, crossed(halfLives, FASHION_WEIGHTS), present.qualities);
}

function isPresent({ hyperParameters }: Standing, change: Change): boolean {
  return Object.entries(change).every(
    ([name, value]) => hyperParameters[name as keyof HyperParameters] === value,
  );
}

function standing(audiences: readonly Audience[], hyperParameters: HyperParameters): Standing {
  const served = audiences.map(({ fitted, users }) => {
    const { halfLife, halfLifeItems, sequenceDecay } = hyperParameters;
    const own = { ...fitted.model.hyperParameters, halfLife, halfLifeItems, sequenceDecay };
    const aged = { ...fitted, model: { ...fitted.model, hyperParameters: own } };
    return scoreUsers(aged, users, { withOrder: false });
  });
  return judged(audiences, served, hyperParameters);
}

function judged(
  audiences: readonly Audience[],
  scored: Standing['scored'],
  hyperParameters: HyperParameters,
): Standing {
  const qualities = audiences.map(({ fitted, recentPopularities }, a) => {
    const recentPopularity =
      recentPopularities.get(hyperParameters.recentPopularityHalfLife) ?? fitted.model.recentPopularity;
    return measure(
      scored[a],
      blendBy({ ...fitted, model: { ...fitted.model, recentPopularity } }, hyperParameters),
    );
  });
  return { hyperParameters, scored, qualities };
}

/** The best of the present weights and the changes. */
function reweighed(
  audiences: readonly Audience[],
  present: Standing,
  changes: readonly Change[],
  reference: readonly Quality[],
): Standing {
  let best = present;
  let most = 0;
  for (const change of changes) {
    const other = judged(audiences, present.scored, { ...present.hyperParameters, ...change });
    const gain = worth(other, present, reference);
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
function worth(challenger: Standing, incumbent: Standing, reference: readonly Quality[]): number {
  const isSwitched = SWITCHES.some(
    (name) => (challenger.hyperParameters[name] === 0) !== (incumbent.hyperParameters[name] === 0),
  );
  const doubt = isSwitched ? STANDARD_ERRORS.switched : STANDARD_ERRORS.tuned;
  let sum = 0;
  reference.forEach((unit, a) => {
    const [theirs, ours] = [challenger.qualities[a], incumbent.qualities[a]];
    const share = a === 0 && reference.length > 1 ? LASTING_SHARE : 1;
    sum += share * sureGain(theirs.warm, ours.warm, meanOf(unit.warm), doubt);
    sum += COLD_SHARE * sureGain(theirs.cold, ours.cold, meanOf(unit.cold), doubt);
  });
  return sum;
}

/** Mean difference in units of `unit`, shrunk by its standard error, and 0 within `doubt` standard errors. */
function sureGain(challenger: Float64Array, incumbent: Float64Array, unit: number, doubt: number): number {
  const n = challenger.length;
  if (n === 0) return 0;
  const differences = challenger.map((value, u) => (value - incumbent[u]) / Math.max(unit, MIN_UNIT));
  const gain = meanOf(differences);
  if (gain === 0) return 0;
  const variance = meanOf(differences.map((value) => (value - gain) ** 2)) / n;
  return gain * Math.max(0, 1 - (doubt ** 2 * variance) / gain ** 2);
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

/**
 * The weights that speak of time and of newcomers, chosen on several audiences at once: what users like at random, what they
 * come to next, and what they like after an instant. Each audience has its own fit, because each hides something else.
 */
import { fashionOf } from './popularity.js';
import { fitSequence } from './sequence.js';
import { measure } from './validation-metrics.js';
import { blendBy, scoreUsers } from './validation-scores.js';

import type { FittedModel } from './fit-model.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';
import type { Quality } from './validation-metrics.js';
import type { ScoredUser } from './validation-scores.js';
import type { ValidationUser } from './validation.js';

/** Users with something hidden, and a model that was fitted without it. */
export interface Audience {
  /** What is hidden: likes of any time, the next one, or all after an instant. */
  readonly hidden: 'any' | 'next' | 'later';
  readonly fitted: FittedModel;
  readonly users: readonly ValidationUser[];
  /** `FittedModel.model.fashion` by half-life in days. */
  readonly fashions: ReadonlyMap<number, Float32Array>;
}

/** The audiences as one configuration serves them. */
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
const FASHION_WEIGHTS = [0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3].map((fashionWeight) => ({ fashionWeight }));
/** What a gain for cold users is worth beside one for warm ones. */
const COLD_SHARE = 0.5;
/** What a gain in the first audience, who were left out at random, is worth beside one in the future. */
const LASTING_SHARE = 0.25;
/** Relative gains are not measured against less than this NDCG. */
const MIN_UNIT = 1e-4;
/** A gain counts in so far as it is beyond so many standard errors: more of them where a term comes or goes. */
const STANDARD_ERRORS = { tuned: 1, switched: 3 };
const SWITCHES = ['sequenceWeight', 'halfLife', 'halfLifeItems', 'newcomerWeight', 'fashionWeight'] as const;

/** An audience whose model has every part that may be weighed; `interactions` are what it was fitted to. */
export function audienceOf(
  hidden: Audience['hidden'],
  { fitted, users, interactions }: Pick<Audience, 'fitted' | 'users'> & { interactions: Interactions },
): Audience {
  const { nItems, hyperParameters } = fitted.model;
  const sequence = fitSequence(interactions, nItems, hyperParameters);
  const fashions = new Map(
    FASHION_HALF_LIVES.map((fashionHalfLife) => [
      fashionHalfLife,
      fashionOf(interactions, nItems, { ...hyperParameters, fashionHalfLife }),
    ]),
  );
  return { hidden, users, fashions, fitted: { ...fitted, model: { ...fitted.model, sequence } } };
}

export interface AudienceOptions {
  /** Whether dealings have an order, and whether that is one of known times. */
  readonly hasOrder: boolean;
  readonly hasTimes: boolean;
  readonly onProgress?: (fraction: number) => void;
}

/** `start`, changed where the audiences together gain by it. */
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
  // First, lest a half-life be given credit for another weight that is tried with it.
  best = reweighed(audiences, best, FACTOR_WEIGHTS, reference);
  for (const [step, ladder] of ladders.entries()) {
    // After the half-life in days, which is older and simpler than all that speaks of order.
    if (step === 1) best = reweighed(audiences, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), reference);
    const from = best;
    for (const change of ladder) {
      report();
      if (isPresent(from, change)) continue;
      // Not weights of parts: under another half-life a user folds in as another.
      const aged = standing(audiences, { ...from.hyperParameters, ...change });
      const weighed = reweighed(audiences, aged, nearby(aged.hyperParameters), reference);
      if (worth(weighed, best, reference) > 0) best = weighed;
    }
  }
  if (hasOrder) best = reweighed(audiences, best, crossed(FACTOR_WEIGHTS, SEQUENCE_WEIGHTS), reference);
  best = fashionable(audiences, best);
  return reweighed(audiences, best, newcomers, reference).hyperParameters;
}

/** With as much of what was liked of late as is worth it: a percent for one audience is worth a percent for another. */
function fashionable(audiences: readonly Audience[], present: Standing): Standing {
  if (!audiences.some(({ hidden }) => hidden === 'later')) return present;
  const halfLives = FASHION_HALF_LIVES.map((fashionHalfLife) => ({ fashionHalfLife }));
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
  const qualities = audiences.map(({ fitted, fashions }, a) => {
    const fashion = fashions.get(hyperParameters.fashionHalfLife) ?? fitted.model.fashion;
    return measure(scored[a], blendBy({ ...fitted, model: { ...fitted.model, fashion } }, hyperParameters));
  });
  return { hyperParameters, scored, qualities };
}

/** The best of the present weights and changes of them. */
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

/** The weights next to the present ones. */
function nearby({ factorWeight, sequenceWeight }: HyperParameters): Change[] {
  return [0.5, 2].flatMap((by) => [
    { factorWeight: factorWeight * by },
    { sequenceWeight: sequenceWeight * by },
  ]);
}

/** What all audiences together gain, each as far as chance cannot have made it. */
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

/** Mean of the differences in units of `unit`, drawn to 0 by its standard error, and 0 within `doubt` of them. */
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

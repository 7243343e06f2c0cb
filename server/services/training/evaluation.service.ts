/**
 * Evaluates the active version on held-out likes (or on a weaker signal, if too few users give likes): fits its
 * recommender again, with the same hyper-parameters, to the remaining data, and evaluates the users with held-out likes. With the simulator's
 * truth, the same users are also ranked by their true tastes, the oracle, and a sample of them by what can be inferred
 * of these tastes, the attainable ceiling.
 */

import type { Exclusion, TrainingPrivacy } from '../../domain/index.js';
import type { Truth } from '../../ingest/index.js';
import { PERSONA_SIGNALS } from '../../domain/index.js';
import type { Dataset, ItemContent, PrefixPairs } from '../../features/index.js';
import { personaRows } from '../../features/index.js';
import type {
  GroupFigures,
  HoldOut,
  Interval,
  JudgedUser,
  PersonaModel,
  ReliabilityRow,
} from '../../learning/index.js';
import {
  bootstrapMean,
  componentCount,
  createRandom,
  featureSilhouettes,
  fitPrivateRecommender,
  fitRecommender,
  foldedScores,
  holdOut,
  itemFeaturesOf,
  judgeUsers,
  judgedAtMost,
  measureReliability,
  measureSilhouettes,
  nearestCentroids,
  sampleOf,
  settledRows,
  summariseUsers,
  transform,
} from '../../learning/index.js';
import { gaussianDeviation } from '../../privacy/index.js';
import type { Store } from '../../store/index.js';

import { boundsOf } from './bounds.js';
import { loadDataset, loadPrefixes } from './load-dataset.js';
import type { ModelRegistry, ServingModel } from '../models/index.js';

/** Minimum held-out likes per user in the protocol: with fewer, precision@5 cannot reach 1. */
export const MIN_HELD_OUT = 5;
/** Number of users in the paper's table. */
export const PAPER_USERS = 100;
/** Maximum number of evaluated users; a seeded sample beyond. */
const MAX_JUDGED = 20_000;

/** A persona, or all users. */
export interface EvaluatedGroup extends GroupFigures {
  /** Null for the group of all users. */
  readonly personaId: string | null;
  readonly label: string;
  /** All users of the group, evaluated or not. */
  readonly nUsers: number;
  /** In the components that KMeans ran in, */
  readonly silhouette: Interval;
  /** and in all standardised features. */
  readonly featureSilhouette: Interval;
}

export interface EvaluationReport {
  readonly version: number;
  readonly holdOut: HoldOut['kind'];
  /** The signal that was held out; null if nothing could be held out. */
  readonly judgedBy: HoldOut['signal'];
  /**
   * Reasons for which items are left out of the evaluated lists, besides dislikes; 'listed' has no effect here. Always
   * 'viewed' if clicks or views are held out.
   */
  readonly exclude: readonly Exclusion[];
  readonly nUsers: number;
  readonly nItems: number;
  /** Of the version, and of the fit that is evaluated. */
  readonly trainingPrivacy: TrainingPrivacy | null;
  /** Whether silhouettes were computed on a sample. */
  readonly silhouettesSampled: boolean;
  /** Users with at least MIN_HELD_OUT held-out likes: all of them first, then by persona. */
  readonly protocol: readonly EvaluatedGroup[];
  /** A random sample of PAPER_USERS of the protocol's users. */
  readonly sample: readonly EvaluatedGroup[];
  /** All users with a held-out like. */
  readonly all: readonly EvaluatedGroup[];
  /**
   * Predicted confidence against the observed frequency, for users outside the calibration set; null if not requested.
   */
  readonly reliability: readonly ReliabilityRow[] | null;
}

interface EvaluationServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly clock: () => number;
  readonly seed: number;
  /** Default reasons for which an item is not listed again. */
  readonly exclude: readonly Exclusion[];
}

interface EvaluationRequest {
  /** Null if the data are not simulated. */
  readonly truth: Truth | null;
  readonly onProgress?: (fraction: number) => void;
}

export class EvaluationService {
  constructor(private readonly options: EvaluationServiceOptions) {}

  /** Throws NoActiveModelError, InsufficientDataError, and the errors of `learning`. */
  async run({ truth, onProgress }: EvaluationRequest): Promise<EvaluationReport> {
    const { store, registry, clock, seed, exclude } = this.options;
    const serving = registry.current();
    const loaded = await loadDataset({ store, clock });
    const { dataset, content } = loaded;
    const prefixes = await loadPrefixes({ store }, loaded, 'judge');
    const { trainingPrivacy } = serving.meta;
    return evaluateVersion({
      ...{ serving, dataset, content, prefixes, truth, seed, exclude, trainingPrivacy, onProgress },
    });
  }
}

interface EvaluateVersionInput extends EvaluationRequest {
  readonly serving: Pick<ServingModel, 'version' | 'personas'> & {
    readonly recommender: Pick<ServingModel['recommender'], 'hyperParameters'>;
  };
  readonly dataset: Dataset;
  readonly content: ItemContent;
  /** Of users outside the calibration set. */
  readonly prefixes?: PrefixPairs;
  readonly seed: number;
  readonly exclude: readonly Exclusion[];
  /** With the same noise as the version, if it has any. */
  readonly trainingPrivacy?: TrainingPrivacy | null;
}

export function evaluateVersion(input: EvaluateVersionInput): EvaluationReport {
  const { serving, dataset, truth, seed, trainingPrivacy = null, onProgress } = input;
  const clusters = clustersOf(serving.personas, dataset);
  const { kind, signal, train, test, now } = holdOutForTable(dataset, seed);
  // What is held out of looks are items looked at for the first time.
  const isOfLooks = signal === 'click' || signal === 'view';
  const exclude = [...new Set<Exclusion>([...input.exclude, ...(isOfLooks ? ['viewed' as const] : [])])];
  const rows = {
    interactions: train,
    nItems: dataset.nItems,
    itemFeatures: itemFeaturesOf(input.content),
    userPersona: clusters.labels,
    nPersonas: serving.personas.personas.length,
  };
  const { hyperParameters } = serving.recommender;
  const report = (fraction: number) => onProgress?.(fraction * 0.4);
  const model =
    trainingPrivacy === null
      ? fitRecommender(rows, { seed, hyperParameters, onProgress: report })
      : fitWithNoise(rows, { seed, trainingPrivacy, onProgress: report });
  const bounds = truth === null || kind === 'random' ? null : boundsOf(truth, dataset, train, seed);
  const judged = judgeUsers(
    {
      scoresOf: foldedScores({ model, train, personas: clusters.labels, now }),
      oracleOf: bounds?.oracleOf ?? null,
      ceilingOf: bounds?.ceilingOf,
      nItems: dataset.nItems,
      seen: train,
      settled: settledRows(train, new Set(exclude)),
      test,
    },
    {
      seed,
      maxUsers: judgedAtMost(dataset.nItems, MAX_JUDGED),
      onProgress: (fraction) => onProgress?.(0.4 + fraction * 0.5),
    },
  );
  const eligible = judged.filter(({ nHeldOut }) => nHeldOut >= MIN_HELD_OUT);
  const groups = (users: readonly JudgedUser[]) =>
    groupsOf(users, { personas: serving.personas, clusters, nItems: dataset.nItems, seed });
  const evaluated = {
    version: serving.version,
    holdOut: kind,
    judgedBy: judged.length === 0 ? null : signal,
    exclude,
    nUsers: dataset.nUsers,
    nItems: dataset.nItems,
    trainingPrivacy,
    silhouettesSampled: clusters.silhouettes.length < dataset.nUsers,
    protocol: groups(eligible),
    sample: groups(sampleOf(eligible, PAPER_USERS, seed)),
    all: groups(judged),
    reliability: input.prefixes === undefined ? null : measureReliability(serving.personas, input.prefixes),
  };
  onProgress?.(1);
  return evaluated;
}

/**
 * By the strongest signal of which enough users have enough held-out entries for the paper's table; by the strongest
 * signal if there is none.
 */
export function holdOutForTable({ interactions, signals }: Dataset, seed: number): HoldOut {
  for (const signal of signals) {
    const held = holdOut(interactions, { seed, occurring: [signal] });
    if (countEligible(held.test) >= PAPER_USERS) return held;
  }
  return holdOut(interactions, { seed, occurring: signals });
}

function countEligible({ indptr }: HoldOut['test']): number {
  let n = 0;
  for (let user = 0; user + 1 < indptr.length; user++)
    if (indptr[user + 1] - indptr[user] >= MIN_HELD_OUT) n += 1;
  return n;
}

/** The fit is not published, so its noise may be predictable. */
function fitWithNoise(
  rows: Parameters<typeof fitRecommender>[0],
  {
    seed,
    trainingPrivacy: { epsilon, delta },
    onProgress,
  }: { seed: number; trainingPrivacy: TrainingPrivacy; onProgress: (fraction: number) => void },
) {
  const random = createRandom(seed);
  const noise = gaussianDeviation(epsilon, delta);
  return fitPrivateRecommender(rows, { noise, normal: () => random.normal(), seed, onProgress });
}

interface Clusters {
  /** Int32Array [nUsers]. */
  readonly labels: Int32Array;
  /** Silhouettes of the users in `rows`, in the space that KMeans ran in. */
  readonly silhouettes: Float32Array;
  /** The same in all standardised features. */
  readonly featureSilhouettes: Float32Array;
  readonly rows: Int32Array;
}

/** Clusters of users with enough signals for a persona; all other users have label -1. */
function clustersOf(personas: PersonaModel, dataset: Dataset): Clusters {
  const { rows, features } = personaRows(dataset);
  const nComponents = componentCount(personas.preprocessing);
  const points = transform(personas.preprocessing, features);
  const labels = new Int32Array(dataset.nUsers).fill(-1);
  const known =
    nComponents === 0
      ? new Int32Array(rows.length)
      : nearestCentroids(points, nComponents, personas.centroids);
  rows.forEach((row, at) => {
    if (dataset.nSignals[row] >= PERSONA_SIGNALS) labels[row] = known[at];
  });
  if (nComponents === 0) {
    const zeros = new Float32Array(rows.length);
    return { labels, silhouettes: zeros, featureSilhouettes: zeros, rows };
  }
  const { rows: sample, labellings } = measureSilhouettes(points, nComponents, [known]);
  return {
    labels,
    silhouettes: labellings[0].values,
    featureSilhouettes: featureSilhouettes(personas.preprocessing, features, known).values,
    rows: sample.map((at) => rows[at]),
  };
}

function groupsOf(
  users: readonly JudgedUser[],
  context: { personas: PersonaModel; clusters: Clusters; nItems: number; seed: number },
): EvaluatedGroup[] {
  const { personas, clusters, nItems, seed } = context;
  const group = (personaId: string | null, label: string, persona: number): EvaluatedGroup => {
    const isIn = (user: number) => persona < 0 || clusters.labels[user] === persona;
    const ownOf = (values: Float32Array) =>
      Float64Array.from(values).filter((_, at) => isIn(clusters.rows[at]));
    const figures = summariseUsers(
      users.filter(({ user }) => isIn(user)),
      { nItems, seed, silhouettes: ownOf(clusters.silhouettes) },
    );
    const featureSilhouette = bootstrapMean(ownOf(clusters.featureSilhouettes), { seed });
    const nUsers = clusters.labels.filter((_, user) => isIn(user)).length;
    return { personaId, label, nUsers, ...figures, featureSilhouette };
  };
  return [
    group(null, 'Everyone', -1),
    ...personas.personas.map(({ personaId, label }, persona) => group(personaId, label, persona)),
  ];
}

/**
 * Evaluates the active version on held-out likes (or on the strongest signal present): fits its recommender again, with
 * the same hyper-parameters, to the remaining data, and evaluates the users with held-out likes. With the simulator's
 * truth, the same users are also ranked by their true affinities: the upper bound for any model.
 */

import type { Exclusion } from '../../domain/index.js';
import type { Truth } from '../../ingest/index.js';
import { trueAffinity } from '../../ingest/index.js';
import { PERSONA_SIGNALS } from '../../domain/index.js';
import type { Dataset, ItemContent, PrefixPairs } from '../../features/index.js';
import { personaRows } from '../../features/index.js';
import type {
  GroupFigures,
  HoldOut,
  JudgedUser,
  PersonaModel,
  ReliabilityRow,
} from '../../learning/index.js';
import {
  componentCount,
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
import type { Store } from '../../store/index.js';

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
  readonly silhouette: { readonly value: number; readonly low: number; readonly high: number };
}

export interface EvaluationReport {
  readonly version: number;
  readonly holdOut: HoldOut['kind'];
  /** The signal that was held out; null if nothing could be held out. */
  readonly judgedBy: HoldOut['signal'];
  /** Reasons for which items are left out of the evaluated lists, besides dislikes; 'listed' has no effect here. */
  readonly exclude: readonly Exclusion[];
  readonly nUsers: number;
  readonly nItems: number;
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
    return evaluateVersion({ serving, dataset, content, prefixes, truth, seed, exclude, onProgress });
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
}

export function evaluateVersion(input: EvaluateVersionInput): EvaluationReport {
  const { serving, dataset, truth, seed, exclude, onProgress } = input;
  const clusters = clustersOf(serving.personas, dataset);
  const { kind, signal, train, test } = holdOut(dataset.interactions, {
    ...{ seed, occurring: dataset.signals },
  });
  const model = fitRecommender(
    {
      interactions: train,
      nItems: dataset.nItems,
      itemFeatures: itemFeaturesOf(input.content),
      userPersona: clusters.labels,
      nPersonas: serving.personas.personas.length,
    },
    {
      seed,
      hyperParameters: serving.recommender.hyperParameters,
      onProgress: (fraction) => onProgress?.(fraction * 0.4),
    },
  );
  const judged = judgeUsers(
    {
      scoresOf: foldedScores(model, train, (user) => clusters.labels[user]),
      oracleOf: truth === null ? null : oracleScores(truth, dataset),
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
  const report = {
    version: serving.version,
    holdOut: kind,
    judgedBy: judged.length === 0 ? null : signal,
    exclude,
    nUsers: dataset.nUsers,
    nItems: dataset.nItems,
    silhouettesSampled: clusters.silhouettes.length < dataset.nUsers,
    protocol: groups(eligible),
    sample: groups(sampleOf(eligible, PAPER_USERS, seed)),
    all: groups(judged),
    reliability: input.prefixes === undefined ? null : measureReliability(serving.personas, input.prefixes),
  };
  onProgress?.(1);
  return report;
}

interface Clusters {
  /** Int32Array [nUsers]. */
  readonly labels: Int32Array;
  /** Silhouettes of the users in `rows`, in the space that KMeans ran in. */
  readonly silhouettes: Float32Array;
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
  if (nComponents === 0) return { labels, silhouettes: new Float32Array(rows.length), rows };
  const { rows: sample, labellings } = measureSilhouettes(points, nComponents, [known]);
  return { labels, silhouettes: labellings[0].values, rows: sample.map((at) => rows[at]) };
}

/** True affinities in the order of the data set's items; null if the truth lacks some of its users or items. */
function oracleScores(truth: Truth, dataset: Dataset): ((user: number) => Float32Array) | null {
  const rowOf = new Map(truth.userIds.map((userId, row) => [userId, row]));
  const columnOf = new Map(truth.itemIds.map((itemId, column) => [itemId, column]));
  const rows = dataset.userIds.map((userId) => rowOf.get(userId) ?? -1);
  const columns = dataset.itemIds.map((itemId) => columnOf.get(itemId) ?? -1);
  if (rows.includes(-1) || columns.includes(-1)) return null;
  const affinity = new Float32Array(truth.itemIds.length);
  const out = new Float32Array(dataset.nItems);
  return (user) => {
    trueAffinity(truth, rows[user], affinity);
    for (let item = 0; item < out.length; item++) out[item] = affinity[columns[item]];
    return out;
  };
}

function groupsOf(
  users: readonly JudgedUser[],
  context: { personas: PersonaModel; clusters: Clusters; nItems: number; seed: number },
): EvaluatedGroup[] {
  const { personas, clusters, nItems, seed } = context;
  const group = (personaId: string | null, label: string, persona: number): EvaluatedGroup => {
    const isIn = (user: number) => persona < 0 || clusters.labels[user] === persona;
    const own = Float64Array.from(clusters.silhouettes).filter((_, at) => isIn(clusters.rows[at]));
    const figures = summariseUsers(
      users.filter(({ user }) => isIn(user)),
      { nItems, seed, silhouettes: own },
    );
    return { personaId, label, nUsers: clusters.labels.filter((_, user) => isIn(user)).length, ...figures };
  };
  return [
    group(null, 'Everyone', -1),
    ...personas.personas.map(({ personaId, label }, persona) => group(personaId, label, persona)),
  ];
}

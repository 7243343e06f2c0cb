/**
 * Names and describes clusters.
 *
 * The four archetypes have signatures in feature space; the Hungarian method assigns each to the cluster it fits best,
 * provided that the cluster shows the archetype's essential features. The remaining clusters are named by their most
 * distinctive feature. Descriptions follow from the cluster's own mean. Works for any table: without signature
 * features, all names come from features.
 */

import { assign } from './hungarian.js';
import type { Archetype, Signature } from './persona-names.js';
import { ARCHETYPES, AVERAGE, FEATURE_LABELS } from './persona-names.js';

/** A name with a stable id for URLs and tests. */
export interface ClusterName {
  readonly personaId: string;
  readonly label: string;
  readonly description: string;
}

export interface DistinctiveFeature {
  readonly feature: string;
  /** The cluster's mean in standard deviations from the overall mean. */
  readonly zScore: number;
}

/** Min mean z-score along a signature for an archetype to fit a cluster. */
const LEAST_FIT = 0.25;
/** Min z-score of an essential feature, and of a feature used in a name. */
const LEAST_ESSENTIAL_Z = 0.5;
const LEAST_NAMING_Z = 0.3;
const SHOWN_FEATURES = 5;
const DESCRIBED_FEATURES = 3;

/**
 * Names for `nClusters` clusters. `zScores` is Float64Array, row-major [nClusters, features.length]: each cluster's
 * mean in standard deviations. `taken` are the names kept from an earlier version, null for new clusters. A kept name
 * is dropped only if it no longer holds; a name given by a person is always kept.
 */
export function nameClusters(
  zScores: Float64Array,
  features: readonly string[],
  taken: readonly (Pick<ClusterName, 'personaId' | 'label'> | null)[],
): ClusterName[] {
  const clusters = taken.map((_, cluster) => new Cluster(zScores, features, cluster));
  const names = taken.map((name, cluster) =>
    name !== null && clusters[cluster].bears(name) ? { personaId: name.personaId, label: name.label } : null,
  );
  nameByArchetype(clusters, names);
  nameByFeature(clusters, names);
  return clusters.map((cluster, at) => {
    const { personaId, label } = names[at] ?? unusedAverage(names, at);
    return { personaId, label, description: cluster.describe(personaId) };
  });
}

type Names = (Pick<ClusterName, 'personaId' | 'label'> | null)[];

function isUsed(names: Names, personaId: string): boolean {
  return names.some((name) => name?.personaId === personaId);
}

function nameByArchetype(clusters: readonly Cluster[], names: Names): void {
  const open = clusters.flatMap((_, at) => (names[at] === null ? [at] : []));
  const free = ARCHETYPES.filter(({ personaId }) => !isUsed(names, personaId));
  const cost = Float64Array.from(
    open.flatMap((at) =>
      free.map((archetype) => (clusters[at].shows(archetype) ? -clusters[at].fit(archetype) : 0)),
    ),
  );
  const given = assign(cost, open.length, free.length);
  open.forEach((at, row) => {
    const archetype = given[row] < 0 ? undefined : free[given[row]];
    if (archetype === undefined || !clusters[at].shows(archetype)) return;
    names[at] = { personaId: archetype.personaId, label: archetype.label };
  });
}

/** Assigns names by distinctive feature, strongest first over all clusters; each feature and direction is used once. */
function nameByFeature(clusters: readonly Cluster[], names: Names): void {
  const informative = clusters
    .flatMap((cluster, at) => cluster.ranked().map((distinctive) => ({ at, ...distinctive })))
    .filter(({ at, zScore }) => names[at] === null && Math.abs(zScore) >= LEAST_NAMING_Z)
    .sort((a, b) => Math.abs(b.zScore) - Math.abs(a.zScore));
  for (const { at, feature, zScore } of informative) {
    const name = featureName(feature, zScore);
    if (names[at] === null && !isUsed(names, name.personaId)) names[at] = name;
  }
}

function featureName(feature: string, zScore: number): { personaId: string; label: string } {
  const [side, word] = zScore > 0 ? (['more', 'high'] as const) : (['less', 'low'] as const);
  const text = `${word} ${words(feature)}`;
  return {
    personaId: slugOf(text),
    label: FEATURE_LABELS[feature]?.[side] ?? text[0].toUpperCase() + text.slice(1),
  };
}

/** Assigns the cluster a name not yet used. */
function unusedAverage(names: Names, at: number): Pick<ClusterName, 'personaId' | 'label'> {
  let { personaId, label }: { personaId: string; label: string } = AVERAGE;
  for (let copy = 2; isUsed(names, personaId); copy++) {
    personaId = `${AVERAGE.personaId}-${copy}`;
    label = `${AVERAGE.label} ${copy}`;
  }
  return (names[at] = { personaId, label });
}

/** The features that distinguish a cluster, strongest first. */
export function distinctiveFeatures(
  zScores: Float64Array,
  features: readonly string[],
  cluster: number,
): DistinctiveFeature[] {
  return new Cluster(zScores, features, cluster).ranked().slice(0, SHOWN_FEATURES);
}

/** A cluster's mean, feature by feature. */
class Cluster {
  private readonly zOf: ReadonlyMap<string, number>;

  constructor(zScores: Float64Array, features: readonly string[], cluster: number) {
    this.zOf = new Map(
      features.map((feature, column) => [feature, zScores[cluster * features.length + column]]),
    );
  }

  ranked(): DistinctiveFeature[] {
    return [...this.zOf]
      .map(([feature, zScore]) => ({ feature, zScore }))
      .sort((a, b) => Math.abs(b.zScore) - Math.abs(a.zScore) || (a.feature < b.feature ? -1 : 1));
  }

  /** Weighted mean of the z-scores along a signature; missing features count as average. */
  fit({ signature }: Archetype): number {
    let sum = 0;
    let weight = 0;
    for (const [feature, direction] of Object.entries(signature)) {
      sum += direction * (this.zOf.get(feature) ?? 0);
      weight += Math.abs(direction);
    }
    return sum / weight;
  }

  shows(archetype: Archetype): boolean {
    return this.fit(archetype) >= LEAST_FIT && this.reaches(archetype.essential, LEAST_ESSENTIAL_Z);
  }

  /** Whether a name from an earlier version still holds; the threshold is lower than for a new name. */
  bears({ personaId, label }: Pick<ClusterName, 'personaId' | 'label'>): boolean {
    const archetype = ARCHETYPES.find((one) => one.personaId === personaId);
    if (archetype !== undefined) return label !== archetype.label || this.reaches(archetype.essential, 0);
    for (const { feature, zScore } of this.ranked()) {
      for (const direction of [1, -1]) {
        const name = featureName(feature, direction);
        if (name.personaId === personaId) return label !== name.label || direction * zScore > 0;
      }
    }
    // The remaining names were given by a person, unless the label spells the id.
    return slugOf(label) !== personaId;
  }

  /** The archetype's text if all its claims hold; otherwise the distinctive features. */
  describe(personaId: string): string {
    const archetype = ARCHETYPES.find((one) => one.personaId === personaId);
    if (archetype !== undefined && this.reaches(archetype.claims, LEAST_NAMING_Z))
      return archetype.description;
    const informative = this.ranked()
      .filter(({ zScore }) => Math.abs(zScore) >= LEAST_NAMING_Z)
      .slice(0, DESCRIBED_FEATURES);
    const listed = (isMore: boolean) =>
      informative.filter(({ zScore }) => zScore > 0 === isMore).map(({ feature }) => words(feature));
    const parts = [
      ['More than most', listed(true)],
      ['Less than most', listed(false)],
    ] as const;
    const text = parts
      .filter(([, list]) => list.length > 0)
      .map(([start, list]) => `${start}: ${list.join(', ')}.`);
    return text.length === 0 ? 'Close to the average in everything that is measured.' : text.join(' ');
  }

  private reaches(directions: Signature, leastZ: number): boolean {
    return Object.entries(directions).every(([feature, direction]) => {
      const along = direction * (this.zOf.get(feature) ?? 0);
      return along > 0 && along >= leastZ;
    });
  }
}

function slugOf(text: string): string {
  return text
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
}

/** Splits "sessionMeanSeconds" or "Session_Mean" into plain words. */
function words(feature: string): string {
  return feature
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim()
    .toLowerCase();
}

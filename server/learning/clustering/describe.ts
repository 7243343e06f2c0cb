/**
 * What the clusters are called. The four archetypes have signatures in feature space; the Hungarian method gives each
 * to the cluster it fits best, and a cluster that fits none takes its name from its most distinctive features.
 * Works for any table: where no signature feature is present, all names come from features.
 */

import { assign } from './hungarian.js';

/** A name with an id made for addresses and tests. */
export interface ClusterName {
  readonly personaId: string;
  readonly label: string;
  readonly description: string;
}

export interface DistinctiveFeature {
  readonly feature: string;
  /** The cluster's mean in standard deviations from everybody's. */
  readonly zScore: number;
}

interface Archetype extends ClusterName {
  /** Which features stand out in which direction. */
  readonly signature: Readonly<Record<string, number>>;
}

const ARCHETYPES: readonly Archetype[] = [
  {
    personaId: 'seeker',
    label: 'Seeker',
    description: 'Knows what to look for: searches often, reads deeply, stays on topic.',
    signature: {
      searchShare: 2,
      dwellMeanSeconds: 1,
      sessionMeanSeconds: 0.5,
      topCategoryAffinity: 0.5,
      repeatViewRate: 0.5,
    },
  },
  {
    personaId: 'browser',
    label: 'Browser',
    description: 'Looks around: sees a great deal, opens little, leaves early.',
    signature: {
      impressionShare: 1,
      clickThroughRate: -1,
      bounceRate: 1,
      dwellMeanSeconds: -1,
      purchaseRate: -0.5,
    },
  },
  {
    personaId: 'buyer',
    label: 'Buyer',
    description: 'Comes to buy: fills carts, completes purchases, spends more.',
    signature: { purchaseRate: 2, cartRate: 1, basketValue: 1 },
  },
  {
    personaId: 'explorer',
    label: 'Explorer',
    description: 'Loves the new: roams across categories and tries what others miss.',
    signature: { categoryEntropy: 1.5, noveltyRate: 1, longTailShare: 1, topCategoryAffinity: -1 },
  },
];

/** Mean z-score along a signature below which an archetype does not fit a cluster. */
const LEAST_FIT = 0.25;
const SHOWN_FEATURES = 5;
const NAMING_FEATURES = 2;
const LEAST_NAMING_Z = 0.3;

/**
 * Names for `nClusters` clusters. `zScores` is Float64Array, row-major [nClusters, features.length]: each cluster's mean in
 * standard deviations. `taken` are names that clusters keep from an earlier version; null for those without.
 */
export function nameClusters(
  zScores: Float64Array,
  features: readonly string[],
  taken: readonly (ClusterName | null)[],
): ClusterName[] {
  const open = taken.flatMap((name, cluster) => (name === null ? [cluster] : []));
  const usedIds = new Set(taken.flatMap((name) => (name === null ? [] : [name.personaId])));
  const free = ARCHETYPES.filter(({ personaId }) => !usedIds.has(personaId));
  const fitOf = (cluster: number, archetype: Archetype) =>
    fit(zScores.subarray(cluster * features.length, (cluster + 1) * features.length), features, archetype);
  const cost = Float64Array.from(
    open.flatMap((cluster) => free.map((archetype) => -fitOf(cluster, archetype))),
  );
  const given = assign(cost, open.length, free.length);

  const names = [...taken];
  open.forEach((cluster, row) => {
    const archetype = given[row] < 0 ? undefined : free[given[row]];
    if (archetype !== undefined && fitOf(cluster, archetype) >= LEAST_FIT) {
      const { personaId, label, description } = archetype;
      names[cluster] = { personaId, label, description };
    } else {
      names[cluster] = nameByFeatures(distinctiveFeatures(zScores, features, cluster), usedIds);
    }
    usedIds.add(names[cluster]!.personaId);
  });
  return names as ClusterName[];
}

/** The features that set a cluster apart, strongest first. */
export function distinctiveFeatures(
  zScores: Float64Array,
  features: readonly string[],
  cluster: number,
): DistinctiveFeature[] {
  return features
    .map((feature, column) => ({ feature, zScore: zScores[cluster * features.length + column] }))
    .sort((a, b) => Math.abs(b.zScore) - Math.abs(a.zScore) || (a.feature < b.feature ? -1 : 1))
    .slice(0, SHOWN_FEATURES);
}

/** Weighted mean of the z-scores along a signature; very negative when no feature of it is present. */
function fit(zScores: Float64Array, features: readonly string[], { signature }: Archetype): number {
  let sum = 0;
  let weight = 0;
  for (const [feature, direction] of Object.entries(signature)) {
    const column = features.indexOf(feature);
    if (column < 0) continue;
    sum += direction * zScores[column];
    weight += Math.abs(direction);
  }
  return weight === 0 ? -1e6 : sum / weight;
}

function nameByFeatures(
  distinctive: readonly DistinctiveFeature[],
  usedIds: ReadonlySet<string>,
): ClusterName {
  const telling = distinctive
    .slice(0, NAMING_FEATURES)
    .filter(({ zScore }) => Math.abs(zScore) >= LEAST_NAMING_Z);
  const phrases = telling.map(({ feature, zScore }) => `${zScore > 0 ? 'high' : 'low'} ${words(feature)}`);
  const text = phrases.length === 0 ? 'average' : phrases.join(', ');
  const label = text[0].toUpperCase() + text.slice(1);
  const slug = text
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
  let personaId = slug;
  for (let copy = 2; usedIds.has(personaId); copy++) personaId = `${slug}-${copy}`;
  const description =
    phrases.length === 0
      ? 'Close to the average in everything that is measured.'
      : `Set apart by ${phrases.join(' and ')}.`;
  return {
    personaId,
    label: personaId === slug ? label : `${label} (${personaId.slice(slug.length + 1)})`,
    description,
  };
}

/** "sessionMeanSeconds" and "Session_Mean" both become plain words. */
function words(feature: string): string {
  return feature
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim()
    .toLowerCase();
}

/**
 * Figures of a model version under differential privacy: the sizes of its personas, with noise, published once.
 *
 * The active version's sizes are published at the first query and stored with it, so a repeated query, a restart and
 * other instances give the same answer. A single version a day may use the model share of the day's budget
 * (privacy-budget.ts); if the share is spent, the version is withheld until a later day. All other figures of a version
 * (centroids, silhouettes, metrics, drift, moves between versions) are means and ratios over few users or many
 * features, for which the noise would exceed the figure; they are withheld.
 *
 * Neighbours are two records that differ in a single event of a single user. The partition of behaviour into personas,
 * their labels and the number of users are considered public.
 */

import type { RandomInteger, Fraction } from '../../privacy/index.js';
import { createRandomIntegers, discreteLaplace } from '../../privacy/index.js';
import type { PersonaSize, Store } from '../../store/index.js';

import { epsilonOf, noiseScale, toNumber } from './privacy-budget.js';
import { startOfDay } from './private-metrics.js';
import type { PrivacyPort } from '../index.js';

/** A single event can move its user from a persona to another: two counts change by 1 each. */
const SIZES_SENSITIVITY = 2;

interface PrivacyServiceOptions {
  readonly store: Store;
  /** Null: figures are shown without noise. */
  readonly epsilonPerDay: Fraction | null;
  /** The active version; null if there is none. */
  readonly activeVersion: () => number | null;
  readonly clock: () => number;
  /** Default: the operating system's random source. */
  readonly random?: RandomInteger;
}

export class PrivacyService implements PrivacyPort {
  /** By version; a version without published sizes is looked up again. */
  private readonly known = new Map<number, Promise<readonly PersonaSize[] | null>>();
  private readonly random: RandomInteger;

  constructor(private readonly options: PrivacyServiceOptions) {
    this.random = options.random ?? createRandomIntegers();
  }

  get isEnabled(): boolean {
    return this.options.epsilonPerDay !== null;
  }

  async personaSize(version: number, personaId: string): Promise<{ size: number; share: number } | null> {
    const sizes = await this.sizesOf(version);
    const found = sizes?.find((row) => row.personaId === personaId);
    if (sizes === null || found === undefined) return null;
    const total = sizes.reduce((sum, { size }) => sum + size, 0);
    return { size: found.size, share: total === 0 ? 0 : found.size / total };
  }

  private sizesOf(version: number): Promise<readonly PersonaSize[] | null> {
    const known = this.known.get(version);
    if (known !== undefined) return known;
    const sizes = this.publish(version);
    this.known.set(version, sizes);
    const forget = () => void this.known.delete(version);
    sizes.then((found) => found === null && forget(), forget);
    return sizes;
  }

  private async publish(version: number): Promise<readonly PersonaSize[] | null> {
    const { store, epsilonPerDay, activeVersion, clock } = this.options;
    const published = await store.models.publishedSizes(version);
    if (published !== null || epsilonPerDay === null || version !== activeVersion()) return published;

    const at = startOfDay(clock());
    const epsilon = epsilonOf('model', epsilonPerDay);
    const [{ hour, day } = { hour: 0, day: 0 }] = await store.metrics.epsilonSpent(at, at + 1);
    if (hour + day + epsilon > toNumber(epsilonPerDay)) return null;
    if ((await store.metrics.spendEpsilonOnModel({ at, version, epsilon })) !== version) return null;

    const model = await store.models.find(version);
    if (model === null) return null;
    const scale = noiseScale('model', epsilonPerDay, SIZES_SENSITIVITY);
    const sizes = model.personas.map(({ personaId, size }) => ({
      personaId,
      size: Math.max(0, size + discreteLaplace(scale, this.random)),
    }));
    return store.models.publishSizes(version, sizes);
  }
}

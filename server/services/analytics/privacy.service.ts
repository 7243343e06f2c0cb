/**
 * What differential privacy lets be shown of a model version: the sizes of its personas, with noise, published once.
 *
 * A version that serves is published when it is first asked for and stored with it, so a repeated question, a restart
 * and another instance give the same answer. One version a day has the model part of the day's budget
 * (privacy-budget.ts); a version that finds it spent stays withheld until a later day. All other figures of a version
 * (centroids, silhouettes, metrics, drift, moves between versions) are means and ratios over few users or many
 * features, where the noise would exceed the figure; they are withheld instead.
 *
 * Neighbours are two records that differ in one event of one user. The partition of behaviour into personas, their
 * names and the number of users are taken as public.
 */

import type { RandomInteger, Fraction } from '../../privacy/index.js';
import { createRandomIntegers, discreteLaplace } from '../../privacy/index.js';
import type { PersonaSize, Store } from '../../store/index.js';

import { epsilonOf, noiseScale, toNumber } from './privacy-budget.js';
import { startOfDay } from './private-metrics.js';
import type { PrivacyPort } from '../index.js';

/** One event changes the behaviour of one user, who leaves one persona and joins another: two counts by one each. */
const SIZES_SENSITIVITY = 2;

export interface PrivacyServiceOptions {
  readonly store: Store;
  /** Null: figures are shown as they are. */
  readonly epsilonPerDay: Fraction | null;
  /** The version that serves; null for none. */
  readonly activeVersion: () => number | null;
  readonly clock: () => number;
  /** Default: the operating system's. */
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

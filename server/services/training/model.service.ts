/**
 * Stage 5, model versions: lists them, loads the active version, and activates versions.
 */

import type { EventPublisher, Logger, ModelVersion } from '../../domain/index.js';
import { CorruptModelError, ModelNotFoundError } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { AlertService, ModelRegistry, ServingModel } from '../models/index.js';
import type { CatalogueService } from '../users/index.js';
import { unpackVersion } from '../models/index.js';
import type { Reassignment } from './reassignment.js';
import type { ModelPort } from '../index.js';

interface ModelServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly reassignment: Reassignment;
  readonly alerts: AlertService;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
}

const MAX_ACTIVATION_TRIES = 5;

type ReadModel = Omit<ServingModel, 'generation'>;

export class ModelService implements ModelPort {
  private readonly watching = new AbortController();

  constructor(private readonly options: ModelServiceOptions) {}

  activeVersion(): number | null {
    return this.options.registry.find()?.version ?? null;
  }

  model(version: number): Promise<ModelVersion | null> {
    return this.options.store.models.find(version);
  }

  models(first: number): Promise<ModelVersion[]> {
    return this.options.store.models.list(first);
  }

  async activate(version: number): Promise<ModelVersion> {
    const { store, registry, reassignment, clock } = this.options;
    // Read and check before the flip, so that the pointer never names a version that cannot be served.
    const model = await this.read(version);
    let { activatedAt, activation } = model.meta;
    for (let tries = 0; tries < MAX_ACTIVATION_TRIES; tries++) {
      const active = await store.models.findActiveVersion();
      if (active === version) break;
      activatedAt = clock();
      const done = await store.models.activate(version, active, activatedAt);
      if (done === null) continue;
      activation = done;
      break;
    }
    await this.serve(activated(model, { activatedAt, activation }));
    reassignment.start(registry.current());
    return (await store.models.find(version))!;
  }

  /** Loads the active version; without an active version the registry stays empty. */
  async loadActive(): Promise<void> {
    const { store, log } = this.options;
    const active = await store.models.findActiveVersion();
    if (active === null) return;
    try {
      await this.serve(await this.read(active));
    } catch (error) {
      if (!(error instanceof CorruptModelError)) throw error;
      log.error({ err: error }, 'active model cannot be read; loading the newest readable version');
      await this.alarm(error, await this.serveNewestReadable(active));
    }
  }

  /** Loads versions that other processes activate, until `close`. */
  follow(): void {
    const flips = this.options.store.models.watchActive({ signal: this.watching.signal });
    if (flips === null) return;
    void this.followFlips(flips);
  }

  close(): void {
    this.watching.abort();
  }

  /** Serves a version, with the items that are newer, on this instance and publishes `model.activated`. */
  async serve(model: ReadModel): Promise<void> {
    const { registry, catalogue, bus } = this.options;
    // The change stream may have delivered this flip already, or a later flip back to this version.
    const serving = registry.find();
    if (serving?.version === model.version && serving.meta.activation >= model.meta.activation) return;
    registry.swap(model);
    await catalogue.introduceNewItems();
    bus.publish('model.activated', { version: model.version });
  }

  /** Throws ModelNotFoundError, CorruptModelError. */
  async read(version: number): Promise<ReadModel> {
    const { store, registry, catalogue } = this.options;
    const meta = await store.models.find(version);
    if (meta === null) throw new ModelNotFoundError(version);
    // After reading `meta`: while that read runs, an instance may swap in a version that it has just activated itself.
    const serving = registry.find();
    if (serving?.version === version) return { ...serving, meta };
    // In parallel: a roll-back waits only for the slower read.
    const [parts] = await Promise.all([store.models.getParts(version), catalogue.refresh()]);
    return unpackVersion(meta, parts);
  }

  private async serveNewestReadable(corrupt: number): Promise<number | null> {
    const { store, log } = this.options;
    for (const { version, status } of await store.models.list(20)) {
      if (version === corrupt || (status !== 'ready' && status !== 'retired')) continue;
      try {
        await this.serve(await this.read(version));
        log.warn({ version }, 'serving an earlier model version instead');
        return version;
      } catch (error) {
        if (!(error instanceof CorruptModelError)) throw error;
      }
    }
    return null;
  }

  private alarm(error: CorruptModelError, serving: number | null): Promise<void> {
    const instead =
      serving === null ? 'No other version can be read either' : `Version ${serving} serves instead`;
    return this.options.alerts.raise({
      ...{ alertId: `model-corrupt-${error.version}`, kind: 'model-corrupt', severity: 'critical' },
      message: `${error.message} ${instead}. Retrain, or restore the database.`,
      modelVersion: error.version,
    });
  }

  private async followFlips(flips: AsyncIterable<number>): Promise<void> {
    const { store, log } = this.options;
    for await (const version of flips) {
      try {
        const model = await this.read(version);
        // If the pointer was flipped again during the read, the stream delivers the newer version next.
        if ((await store.models.findActiveVersion()) === version) await this.serve(model);
      } catch (error) {
        if (error instanceof CorruptModelError) await this.alarm(error, this.activeVersion());
        log.error(
          { err: error, version },
          'version activated by another instance could not be loaded; still serving the previous version',
        );
      }
    }
  }
}

/** Metadata of a version read before the flip, updated to its state after the flip. */
export function activated(
  model: ReadModel,
  when: Pick<ModelVersion, 'activatedAt' | 'activation'>,
): ReadModel {
  return { ...model, meta: { ...model.meta, ...when, status: 'active' } };
}

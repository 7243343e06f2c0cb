/** Stage 5's versions: which there are, which one serves, and the change from one to another. */

import type { EventPublisher, Logger, ModelVersion } from '../domain/index.js';
import { CorruptModelError, ModelNotFoundError } from '../domain/index.js';
import type { Store } from '../store/index.js';

import type { ItemCatalogue } from './catalogue.service.js';
import { unpackVersion } from './model-parts.js';
import type { ModelRegistry } from './model-registry.js';
import type { ModelService } from './services.js';

export interface ModelServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly catalogue: ItemCatalogue;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
}

const MAX_ACTIVATION_TRIES = 5;

export class ModelActivator implements ModelService {
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
    const { store, clock } = this.options;
    // Read and checked before the flip: a version that cannot serve is never pointed at.
    await this.read(version);
    for (let tries = 0; tries < MAX_ACTIVATION_TRIES; tries++) {
      const active = await store.models.findActiveVersion();
      if (active === version || (await store.models.activate(version, active, clock()))) break;
    }
    await this.serve(version);
    return this.options.registry.current().meta;
  }

  /** Loads what the database points at, or leaves the service without a model when it points at nothing. */
  async loadActive(): Promise<void> {
    const { store, log } = this.options;
    const active = await store.models.findActiveVersion();
    if (active === null) return;
    try {
      await this.serve(active);
    } catch (error) {
      if (!(error instanceof CorruptModelError)) throw error;
      log.error({ err: error }, 'the active model cannot be read; looking for the newest one that can');
      await this.serveNewestReadable(active);
    }
  }

  /** Follows the pointer as other programs flip it, until `close`. */
  follow(): void {
    const flips = this.options.store.models.watchActive({ signal: this.watching.signal });
    if (flips === null) return;
    void this.followFlips(flips);
  }

  close(): void {
    this.watching.abort();
  }

  /** Makes a version serve on this instance and tells who listens. */
  async serve(version: number): Promise<void> {
    const { registry, catalogue, bus } = this.options;
    if (registry.find()?.version === version) return;
    const model = await this.read(version);
    await catalogue.refresh();
    registry.swap(model);
    bus.publish('model.activated', { version });
  }

  private async read(version: number): Promise<ReturnType<typeof unpackVersion>> {
    const { store, registry } = this.options;
    const serving = registry.find();
    if (serving?.version === version) return serving;
    const meta = await store.models.find(version);
    if (meta === null) throw new ModelNotFoundError(version);
    return unpackVersion(meta, await store.models.getParts(version));
  }

  private async serveNewestReadable(corrupt: number): Promise<void> {
    const { store, log } = this.options;
    for (const { version, status } of await store.models.list(20)) {
      if (version === corrupt || (status !== 'ready' && status !== 'retired')) continue;
      try {
        await this.serve(version);
        log.warn({ version }, 'an earlier model version serves instead');
        return;
      } catch (error) {
        if (!(error instanceof CorruptModelError)) throw error;
      }
    }
  }

  private async followFlips(flips: AsyncIterable<number>): Promise<void> {
    const { log } = this.options;
    for await (const version of flips) {
      try {
        await this.serve(version);
      } catch (error) {
        log.error(
          { err: error, version },
          'a version activated elsewhere could not be loaded; the one before still serves',
        );
      }
    }
  }
}

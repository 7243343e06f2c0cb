/** The product's own container over the store in memory, with a few simulated users: retrains in a second or two. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Container, ContainerOptions } from '../../server/app/container.js';
import { createContainer } from '../../server/app/container.js';
import type { Logger } from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';
import { createMemoryStore } from '../../server/store/memory/index.js';
import { createInlineTrainer } from '../../server/workers/index.js';

export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface SmallWorld {
  readonly store: Store;
  readonly container: Container;
  /** A second instance on the same store. */
  another(options?: Partial<ContainerOptions>): Container;
}

const pseudonymize = (rawId: string) => createHash('sha256').update(rawId).digest('hex');

export async function smallWorld({
  nUsers = 80,
  ...options
}: Partial<ContainerOptions> & { nUsers?: number } = {}): Promise<SmallWorld> {
  const store = options.store ?? createMemoryStore();
  const another = (changes: Partial<ContainerOptions> = {}) =>
    createContainer({
      ...{ store, trainer: createInlineTrainer(), pseudonymize, log: SILENT },
      ...options,
      ...changes,
    });
  const container = another();
  if (nUsers > 0) {
    const folder = await mkdtemp(join(tmpdir(), 'smartpersona-world-'));
    await container.synthesis.run({ nUsers, truthPath: join(folder, 'truth.jsonl') });
    await rm(folder, { recursive: true });
  }
  await container.start();
  return { store, container, another };
}

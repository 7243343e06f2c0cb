/**
 * Training when something breaks, on a real database: whatever happens, what served before serves on, the run says what
 * became of it, and the next run succeeds.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection } from 'mongoose';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import type { Container } from '../../server/app/container.js';
import { createContainer } from '../../server/app/container.js';
import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import type { Trainer } from '../../server/workers/index.js';
import type { TrainingInput } from '../../server/training/index.js';
import { createInlineTrainer, createThreadTrainer } from '../../server/workers/index.js';
import { freshDatabase } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';

const HOUR = 3_600_000;
const SOMEBODY = 'a'.repeat(64);

let folder: string;
let uri: string;
let stores: Store[];
let containers: Container[];
let logged: string[];
let now: number;

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields: object, message?: string) => void logged.push(`warn ${message}`),
  error: (_fields: object, message?: string) => void logged.push(`error ${message}`),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-'));
  uri = freshDatabase(inject('mongoUri'));
  [stores, containers, logged] = [[], [], []];
  now = Date.UTC(2026, 4, 20, 12);
});

afterEach(async () => {
  for (const container of containers) await container.stop();
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** An instance of the product on the test's database; `wrap` may put something between it and its store. */
async function startInstance(
  options: { trainer?: Trainer; wrap?: (store: Store) => Store } = {},
): Promise<Container> {
  const store = await createMongoStore({ uri });
  stores.push(store);
  const container = createContainer({
    store: options.wrap?.(store) ?? store,
    trainer: options.trainer ?? createInlineTrainer(),
    pseudonymize: (rawId) => Buffer.from(rawId).toString('hex').padStart(64, '0'),
    log,
    clock: () => now,
  });
  containers.push(container);
  await container.start();
  return container;
}

/** An instance with eighty users and a first model. */
async function startTrained(options: Parameters<typeof startInstance>[0] = {}): Promise<Container> {
  const container = await startInstance(options);
  await container.synthesis.run({ nUsers: 80, truthPath: join(folder, 'truth.jsonl') });
  const run = await container.services.training.run('startup');
  expect(run).toMatchObject({ state: 'succeeded', modelVersion: 1 });
  return container;
}

const listOf = async ({ services }: Container) =>
  (await services.recommendations.recommend({ userId: SOMEBODY, first: 5 })).items.map(
    ({ itemId }) => itemId,
  );

/** A trainer that does as it is told from one run to the next. */
function changingTrainer(first: Trainer): Trainer & { next: Trainer } {
  const inline = createInlineTrainer();
  return Object.assign(Object.create(inline) as Trainer, {
    next: first,
    train(this: { next: Trainer }, ...args: Parameters<Trainer['train']>) {
      return this.next.train(...args);
    },
  });
}

describe('a training thread', () => {
  it('that runs out of memory fails the run, not the server', async () => {
    const trainer = changingTrainer(createInlineTrainer());
    const container = await startTrained({ trainer });
    const before = await listOf(container);
    trainer.next = createThreadTrainer({ maxHeapMb: 8 });
    const run = await container.services.training.run('admin');
    expect(run).toMatchObject({ state: 'failed', modelVersion: null });
    expect(run.error).toMatch(/memory/i);
    expect(container.services.models.activeVersion()).toBe(1);
    expect(await listOf(container)).toEqual(before);

    trainer.next = createInlineTrainer();
    expect(await container.services.training.run('admin')).toMatchObject({ state: 'succeeded' });
  });

  it('that crashes fails the run with its reason', async () => {
    const trainer = changingTrainer(createInlineTrainer());
    const container = await startTrained({ trainer });
    const thread = createThreadTrainer();
    trainer.next = Object.assign(Object.create(trainer) as Trainer, {
      train: (input: TrainingInput, options: Parameters<Trainer['train']>[1]) =>
        thread.train({ ...input, featureNames: null as never }, options),
    });
    const run = await container.services.training.run('admin');
    expect(run.state).toBe('failed');
    expect(run.error).not.toBe('');
    expect(logged.some((line) => line.startsWith('error training failed'))).toBe(true);
    expect(await container.services.models.model(1)).toMatchObject({ status: 'active' });
  });
});

describe('a full disk', () => {
  it('on publishing a model fails the run and leaves nothing of it that could serve', async () => {
    let isFull = false;
    const wrap = (store: Store): Store => ({
      ...store,
      models: {
        ...store.models,
        async putParts(version, parts) {
          if (!isFull) return store.models.putParts(version, parts);
          // The first parts still find room.
          await store.models.putParts(version, parts.slice(0, 2));
          throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC' });
        },
      },
    });
    const container = await startTrained({ wrap });
    const before = await listOf(container);
    isFull = true;
    const run = await container.services.training.run('admin');
    expect(run).toMatchObject({ state: 'failed', error: 'No space left on device' });
    expect(await stores[0].models.findActiveVersion()).toBe(1);
    expect(await listOf(container)).toEqual(before);

    isFull = false;
    expect(await container.services.training.run('admin')).toMatchObject({ state: 'succeeded' });
    const statuses = (await stores[0].models.list(10)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'active')).toHaveLength(1);
    expect(statuses).not.toContain('building');
    const raw = await createConnection(uri).asPromise();
    const versions = (await stores[0].models.list(10)).map(({ version }) => version);
    const orphans = await raw.collection('modelParts').countDocuments({ version: { $nin: versions } });
    await raw.close();
    expect(orphans).toBe(0);
  });
});

describe('a worker that stalls', () => {
  it('until its lease has expired is refused by the fence, and the run that took over stands', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const inline = createInlineTrainer();
    const trainer = changingTrainer(inline);
    const stalled = await startTrained({ trainer });
    const other = await startInstance();
    let isInside = false;
    trainer.next = Object.assign(Object.create(inline) as Trainer, {
      async train(...args: Parameters<Trainer['train']>) {
        isInside = true;
        await held;
        return inline.train(...args);
      },
    });
    const slow = stalled.services.training.run('admin');
    await waitFor(() => isInside, 'the stalled run in its training');
    await expect(other.services.training.run('admin')).rejects.toThrow(/already being run by/);

    now += 31_000;
    const taken = await other.services.training.run('admin');
    expect(taken.state).toBe('succeeded');
    release();
    const refused = await slow;
    expect(refused.state).toBe('failed');
    expect(refused.error).toMatch(/lease for retrain expired/);
    expect(await stores[0].models.findActiveVersion()).toBe(taken.modelVersion);
    expect((await stores[0].models.list(10)).filter(({ status }) => status === 'active')).toHaveLength(1);
  });
});

describe('a clock that is set back an hour', () => {
  it('keeps nobody from training, loses no thumb, and keeps thumbs in their order', async () => {
    const container = await startTrained();
    const { services } = container;
    const [first, second] = (await services.recommendations.recommend({ userId: SOMEBODY, first: 2 })).items;
    await services.feedback.submit({ userId: SOMEBODY, itemId: first.itemId, value: 1, listId: null });
    await stores[0].leases.acquire('retrain', 'an instance that is gone', 30_000, now);
    now -= HOUR;
    await services.feedback.submit({ userId: SOMEBODY, itemId: second.itemId, value: 1, listId: null });
    await services.feedback.submit({ userId: SOMEBODY, itemId: first.itemId, value: -1, listId: null });
    const opinions = (await services.users.feedbackOf([SOMEBODY]))
      .get(SOMEBODY)!
      .map(({ itemId, value }) => [itemId, value]);
    expect(new Map(opinions as [string, number][])).toEqual(
      new Map([
        [first.itemId, -1],
        [second.itemId, 1],
      ]),
    );
    const shown = await listOf(container);
    expect(shown).not.toContain(first.itemId);
    expect(shown).not.toContain(second.itemId);

    // What the record says is what a fresh instance makes of it.
    await container.stop();
    const fresh = await startInstance();
    expect(await listOf(fresh)).toEqual(shown);
    const run = await fresh.services.training.run('admin');
    expect(run).toMatchObject({ state: 'succeeded', error: null });
  });
});

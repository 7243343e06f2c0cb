/** A page of users with what hangs on them costs a fixed number of commands, however long it is. */

import { graphql } from 'graphql';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { NO_TRACER } from '../../server/domain/index.js';
import { createLoaders } from '../../server/loaders/index.js';
import type { ApiContext } from '../../server/resolvers/index.js';
import { buildApiSchema } from '../../server/resolvers/index.js';
import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { freshDatabase } from '../support/database.js';
import { smallWorld, type SmallWorld } from '../support/small-world.js';

const PAGE = `query ($first: Int!) { users(first: $first) { nodes {
  id persona { confidence persona { label } }
  feedback(first: 3) { nodes { itemId } } personaTimeline(first: 3) { persona { label } }
  recommendations(first: 5) { persona { label } items { item { title } explanation { items { item { title } } } } }
} } }`;

describe('a page of users with personas, thumbs, timelines and recommendations', () => {
  let store: Store;
  let world: SmallWorld;
  const commands: string[] = [];

  beforeAll(async () => {
    const uri = freshDatabase(inject('mongoUri'));
    store = await createMongoStore({ uri, onCommand: (name, of) => commands.push(`${name} ${String(of)}`) });
    world = await smallWorld({ store, nUsers: 80 });
    await world.container.training.run('startup');
    await world.container.stop();
  }, 120_000);
  afterAll(async () => {
    await store?.close();
  });

  /** The commands of one page on an instance that has nothing in memory. */
  async function commandsOf(first: number): Promise<string[]> {
    const container = world.another();
    await container.start();
    const { services, bus } = container;
    const contextValue: ApiContext = {
      viewer: { role: 'admin', userId: null },
      actor: { kind: 'unknown', name: null },
      ...{ services, bus, loaders: createLoaders(services) },
      signDemoToken: () => Promise.reject(new Error('not asked for')),
      signToken: () => Promise.reject(new Error('not asked for')),
      ...{ recordPush: () => undefined, tracer: NO_TRACER, now: Date.now },
    };
    commands.length = 0;
    const answer = await graphql({
      schema: buildApiSchema(),
      source: PAGE,
      variableValues: { first },
      contextValue,
    });
    const sent = commands.filter((name) => name.startsWith('find '));
    await container.stop();
    expect(answer.errors).toBeUndefined();
    expect((answer.data as { users: { nodes: unknown[] } }).users.nodes).toHaveLength(first);
    return sent;
  }

  it('takes as many commands for fifty users as for five', async () => {
    const few = await commandsOf(5);
    const many = await commandsOf(50);
    // The page; their thumbs and timelines; thumbs, profiles and personas behind the lists. Items are kept in memory, read a hundred at a time.
    const isOfUsers = (command: string) => command !== 'find items';
    expect(few.filter(isOfUsers).sort()).toEqual([
      'find feedback',
      'find feedback',
      'find personaHistory',
      'find personaVersions',
      'find personaVersions',
      'find profiles',
      'find users',
      'find users',
    ]);
    expect(many.filter(isOfUsers).sort()).toEqual(few.filter(isOfUsers).sort());
    const nItems = await store.items.count();
    expect(many.length - few.length).toBeLessThanOrEqual(Math.ceil(nItems / 100));
  });
});

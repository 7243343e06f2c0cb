/** Everything held about a user: given out whole, and erased from everywhere. */

import { createConnection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor, subscribe } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const ITEMS = '{ recommendations(first: 20) { userId items { item { id } } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const RECORD = `mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }`;
const EXPORT = `mutation { exportUser { __typename ... on UserExport { userId counts { name value } document } ... on UnknownUser { userId } } }`;
const ERASE = `mutation { eraseUser { __typename ... on ErasureReceipt { receiptId userId removed { name value } remains until } ... on UnknownUser { userId message } } }`;
const UPDATED = 'subscription { recommendationsUpdated(first: 5) { cause list { items { rank } } } }';
const PERSONA = 'subscription { personaChanged { userId persona { personaId } } }';

interface Counted {
  name: string;
  value: number;
}

describe('everything held about a user', () => {
  let server: TestServer;
  let mongoUri: string;

  beforeAll(async () => {
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri, seedUsers: 120 });
  });
  afterAll(() => server?.stop());

  /** Somebody with a few thumbs and purchases. */
  async function someone(rawId: string): Promise<{ token: string; userId: string; liked: string[] }> {
    const token = (await server.run('token', '--role', 'user', '--user', rawId)).trim();
    const { recommendations } = await askFor<{
      recommendations: { userId: string; items: { item: { id: string } }[] };
    }>(server.url, token, ITEMS);
    const liked = recommendations.items.slice(0, 3).map(({ item }) => item.id);
    for (const itemId of liked) await askFor(server.url, token, SEND, { input: { itemId, value: 'UP' } });
    const events = recommendations.items
      .slice(5, 9)
      .map(({ item }) => ({ type: 'PURCHASE', itemId: item.id, value: 5 }));
    await askFor(server.url, token, RECORD, { events });
    return { token, userId: recommendations.userId, liked };
  }

  /** Names of the collections that hold this text anywhere. */
  async function placesOf(text: string): Promise<string[]> {
    const connection = await createConnection(mongoUri).asPromise();
    try {
      const found = new Set<string>();
      for (const { name } of await connection.listCollections()) {
        for await (const document of connection.collection(name).find()) {
          const hasBytes = Object.values(document).some((value) => bytesOf(value)?.includes(text) === true);
          if (hasBytes || JSON.stringify(document).includes(text)) found.add(name);
        }
      }
      return [...found].sort();
    } finally {
      await connection.close();
    }
  }

  it('is listed by type, page by page', async () => {
    const { token } = await someone('filtering person');
    const list = (args: string) =>
      askFor<{
        me: {
          activity: { nodes: { type: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
        };
      }>(
        server.url,
        token,
        `{ me { activity(${args}) { nodes { type } pageInfo { endCursor hasNextPage } } } }`,
      ).then(({ me }) => me.activity);
    expect((await list('first: 50')).nodes).toHaveLength(7);
    const first = await list('first: 2, type: LIKE');
    expect(first.nodes.map(({ type }) => type)).toEqual(['LIKE', 'LIKE']);
    const after = JSON.stringify(first.pageInfo.endCursor);
    const rest = await list(`first: 2, type: LIKE, after: ${after}`);
    expect(rest.nodes.map(({ type }) => type)).toEqual(['LIKE']);
    expect(rest.pageInfo.hasNextPage).toBe(false);
    await expect(list(`first: 2, type: PURCHASE, after: ${after}`)).rejects.toThrow('cursor');
  });

  it('is given out whole, to the user itself and by the command', async () => {
    const { token, userId, liked } = await someone('exporting person');
    const { exportUser } = await askFor<{
      exportUser: { userId: string; counts: Counted[]; document: string };
    }>(server.url, token, EXPORT);
    expect(exportUser.userId).toBe(userId);
    const document = JSON.parse(exportUser.document) as {
      activity: { type: string; itemId: string }[];
      feedback: { itemId: string; value: number }[];
      profile: { eventCount: number };
      user: { userId: string };
    };
    expect(document.feedback.map((row) => row.itemId).sort()).toEqual([...liked].sort());
    expect(document.activity.filter(({ type }) => type === 'purchase')).toHaveLength(4);
    expect(document.activity.filter(({ type }) => type === 'like')).toHaveLength(3);
    expect(document.profile.eventCount).toBe(7);
    expect(document.user.userId).toBe(userId);
    expect(exportUser.counts).toContainEqual({ name: 'activity', value: 7 });

    const printed = JSON.parse(await server.run('export-user', '--user', 'exporting person'));
    expect({ ...printed, exportedAt: 0 }).toEqual({ ...document, exportedAt: 0 });
  });

  it('is erased from every collection, and open windows are told and closed', async () => {
    const { token, userId, liked } = await someone('leaving person');
    // Enough for a persona.
    const views = liked.map((itemId) => ({ type: 'VIEW', itemId }));
    await askFor(server.url, token, RECORD, { events: views });
    // A version that knows the user, so that its map has to forget it as well.
    await server.run('retrain');
    await waitFor(async () => (await placesOf(userId)).includes('modelParts'), 'a version names the user');
    const updates = await subscribe<{
      recommendationsUpdated: { cause: string; list: { items: unknown[] } };
    }>(server.wsUrl, token, UPDATED);
    const moves = await subscribe<{ personaChanged: { userId: string; persona: unknown } }>(
      server.wsUrl,
      token,
      PERSONA,
    );
    try {
      const { eraseUser } = await askFor<{
        eraseUser: { __typename: string; userId: string; removed: Counted[] };
      }>(server.url, token, ERASE);
      expect(eraseUser).toMatchObject({ __typename: 'ErasureReceipt', userId });
      const removed = Object.fromEntries(eraseUser.removed.map(({ name, value }) => [name, value]));
      expect(removed).toMatchObject({ users: 1, profiles: 1, feedback: 3, activity: 10 });
      expect(removed['modelVersions']).toBeGreaterThan(0);

      let told = (await updates.next()).recommendationsUpdated;
      while (told.cause !== 'ERASED') told = (await updates.next()).recommendationsUpdated;
      expect(told.list.items).toEqual([]);
      expect((await moves.next()).personaChanged).toEqual({ userId, persona: null });
      expect(await placesOf(userId)).toEqual([]);
      // What was waiting to be written must not bring anything back.
      await askFor(server.url, token, EXPORT);
      expect(await placesOf(userId)).toEqual([]);

      const again = await askFor<{ eraseUser: object }>(server.url, token, ERASE);
      expect(again.eraseUser).toMatchObject({ __typename: 'UnknownUser', userId });
    } finally {
      await updates.close();
      await moves.close();
    }
  });

  it('is erased by the command while the server runs, whose windows hear of it; who comes back is new', async () => {
    const { token, userId, liked } = await someone('erased by the operator');
    const updates = await subscribe<{ recommendationsUpdated: { cause: string } }>(
      server.wsUrl,
      token,
      UPDATED,
    );
    try {
      const receipt = JSON.parse(await server.run('erase', '--user', 'erased by the operator'));
      expect(receipt).toMatchObject({ userId, removed: { users: 1, feedback: 3 } });
      while ((await updates.next()).recommendationsUpdated.cause !== 'ERASED');
    } finally {
      await updates.close();
    }
    expect(await placesOf(userId)).toEqual([]);
    const { me } = await askFor<{ me: { user: unknown; feedback: { nodes: unknown[] } } }>(
      server.url,
      token,
      '{ me { user { id } feedback { nodes { itemId } } } }',
    );
    expect(me).toEqual({ user: null, feedback: { nodes: [] } });
    const { recommendations } = await askFor<{ recommendations: { items: { item: { id: string } }[] } }>(
      server.url,
      token,
      ITEMS,
    );
    // A liked item is not listed; after the erasure nobody remembers the likes.
    const settled = liked.filter((itemId) => !recommendations.items.some(({ item }) => item.id === itemId));
    expect(settled).toEqual([]);
    expect(await server.run('erase', '--user', 'nobody at all')).toContain('No data are stored');
  });
});

function bytesOf(value: unknown): Buffer | null {
  if (Buffer.isBuffer(value)) return value;
  const inner = value !== null && typeof value === 'object' && 'buffer' in value ? value.buffer : null;
  return Buffer.isBuffer(inner) ? inner : null;
}

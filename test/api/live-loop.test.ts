/** The whole product on a real database: thumbs in, lists out, over HTTP and WebSocket. */

import { createConnection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor, ask, subscribe } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { keepPersona } from '../support/keep-persona.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';

const LIST = `
  fragment List on RecommendationList {
    listId modelVersion revision
    items { rank score item { id } explanation { persona popularity sequence otherItems total items { item { id } contribution } } }
  }`;
const RECOMMENDATIONS = `query ($first: Int!) { recommendations(first: $first) { ...List } } ${LIST}`;
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) {
  __typename ... on FeedbackAccepted { latencyMs feedback { value } list { ...List } } ... on UnknownItem { itemId } } } ${LIST}`;
const UPDATED = `subscription ($first: Int!) { recommendationsUpdated(first: $first) { cause latencyMs list { ...List } } } ${LIST}`;

interface Row {
  rank: number;
  score: number;
  item: { id: string };
  explanation: {
    persona: number;
    popularity: number;
    sequence: number;
    otherItems: number;
    total: number;
    items: { contribution: number }[];
  };
}
interface List {
  listId: string;
  modelVersion: number;
  revision: number;
  items: Row[];
}

const idsOf = (list: List) => list.items.map((row) => row.item.id);

describe('the live loop', () => {
  let server: TestServer;
  let mongoUri: string;
  let admin: string;

  beforeAll(async () => {
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri });
    admin = (await server.run('token', '--role', 'admin')).trim();
  });

  afterAll(async () => {
    await server?.stop();
  });

  /** A token for a synthetic user; the demo itself ends with the first real user below. */
  async function signIn(position: number): Promise<{ token: string; userId: string }> {
    const { users } = await askFor<{ users: { nodes: { id: string; isSynthetic: boolean }[] } }>(
      server.url,
      admin,
      '{ users(first: 30) { nodes { id isSynthetic } } }',
    );
    const userId = users.nodes.filter(({ isSynthetic }) => isSynthetic)[position].id;
    const { createToken } = await askFor<{ createToken: { token: string } }>(
      server.url,
      admin,
      'mutation ($userId: ID!) { createToken(role: USER, userId: $userId) { token } }',
      { userId },
    );
    return { token: createToken.token, userId };
  }

  async function recommendations(token: string, first = 10): Promise<List> {
    return (await askFor<{ recommendations: List }>(server.url, token, RECOMMENDATIONS, { first }))
      .recommendations;
  }

  async function thumb(token: string, itemId: string, value: 'UP' | 'DOWN' | 'NONE') {
    const input = { itemId, value };
    return (
      await askFor<{ sendFeedback: { __typename: string; list: List; itemId: string } }>(
        server.url,
        token,
        SEND,
        { input },
      )
    ).sendFeedback;
  }

  it('explains every score as an exact sum', async () => {
    const { token } = await signIn(0);
    const { items } = await recommendations(token, 50);
    expect(items).toHaveLength(50);
    const largest = Math.max(...items.map((row) => Math.abs(row.score)));
    for (const { score, explanation } of items) {
      const parts = explanation.items.reduce((sum, { contribution }) => sum + contribution, 0);
      const { persona, popularity, sequence, otherItems } = explanation;
      const sum = persona + popularity + sequence + otherItems + parts;
      expect(Math.abs(sum - score)).toBeLessThan(1e-4 * largest);
      expect(Math.abs(explanation.total - score)).toBeLessThan(1e-4 * largest);
    }
  });

  it('pushes a better list to another window of the user within the same moment, and undo restores it', async () => {
    const { token } = await signIn(1);
    await keepPersona(server.url, token);
    const before = await recommendations(token);
    const updates = await subscribe<{ recommendationsUpdated: { cause: string; list: List } }>(
      server.wsUrl,
      token,
      UPDATED,
      {
        first: 10,
      },
    );
    try {
      const liked = before.items[4].item.id;
      const answer = await thumb(token, liked, 'UP');
      const pushed = (await updates.next()).recommendationsUpdated;
      expect(pushed.cause).toBe('FEEDBACK');
      expect(idsOf(pushed.list)).toEqual(idsOf(answer.list));
      expect(idsOf(pushed.list)).not.toContain(liked);
      expect(pushed.list.revision).toBeGreaterThan(before.revision);

      await thumb(token, liked, 'NONE');
      const restored = (await updates.next()).recommendationsUpdated.list;
      expect(idsOf(restored)).toEqual(idsOf(before));
      expect(restored.items.map((row) => row.score)).toEqual(before.items.map((row) => row.score));
    } finally {
      await updates.close();
    }
  });

  it('answers the same thumb again with the same list, and pushes nothing for it', async () => {
    const { token } = await signIn(14);
    const { items } = await recommendations(token);
    const first = await thumb(token, items[0].item.id, 'UP');
    const updates = await subscribe<{ recommendationsUpdated: { list: List } }>(
      server.wsUrl,
      token,
      UPDATED,
      {
        first: 10,
      },
    );
    try {
      const again = await thumb(token, items[0].item.id, 'UP');
      expect(again).toMatchObject({
        __typename: 'FeedbackAccepted',
        list: { revision: first.list.revision },
      });
      const other = await thumb(token, items[1].item.id, 'DOWN');
      // The first thing the socket hears of is the thumb that says something new.
      const { list } = (await updates.next()).recommendationsUpdated;
      expect(list.revision).toBe(other.list.revision);
      expect(updates.waiting).toHaveLength(0);
    } finally {
      await updates.close();
    }
  });

  it('pushes what resembles a disliked item down', async () => {
    let nNearest = 0;
    let fell = 0;
    for (const position of [2, 10, 11, 12, 13]) {
      const { token } = await signIn(position);
      const before = await recommendations(token, 100);
      const disliked = before.items[0].item.id;
      const { similarItems } = await askFor<{ similarItems: { item: { id: string } }[] }>(
        server.url,
        token,
        'query ($itemId: ID!) { similarItems(itemId: $itemId, first: 100) { item { id } } }',
        { itemId: disliked },
      );
      await thumb(token, disliked, 'DOWN');
      const after = await recommendations(token, 100);
      const scoreIn = (list: List, id: string) => list.items.find((row) => row.item.id === id)?.score;
      const nearest = similarItems.filter(({ item }) => scoreIn(before, item.id) !== undefined).slice(0, 10);
      nNearest += nearest.length;
      for (const { item } of nearest) {
        const change = (scoreIn(after, item.id) ?? Number.NEGATIVE_INFINITY) - scoreIn(before, item.id)!;
        if (change < 0) fell++;
      }
    }
    // Who the demo users are differs from one key to the next, so the claim is over several of them.
    expect(fell).toBeGreaterThan(nNearest / 2);
  });

  it('pushes nothing to other users', async () => {
    const one = await signIn(3);
    const other = await signIn(4);
    const updates = await subscribe<unknown>(server.wsUrl, other.token, UPDATED, { first: 5 });
    try {
      const { items } = await recommendations(one.token);
      await thumb(one.token, items[0].item.id, 'UP');
      const own = await recommendations(other.token);
      await thumb(other.token, own.items[0].item.id, 'UP');
      // The first thing this socket hears of is its own user's thumb.
      const { recommendationsUpdated } = (await updates.next()) as { recommendationsUpdated: { list: List } };
      expect(idsOf(recommendationsUpdated.list)).not.toContain(own.items[0].item.id);
      expect(updates.waiting).toHaveLength(0);
    } finally {
      await updates.close();
    }
  });

  it('refuses a thumb on an unknown item by type, and gives an unknown user a cold-start list', async () => {
    const { token } = await signIn(5);
    expect(await thumb(token, 'no-such-item', 'UP')).toMatchObject({
      __typename: 'UnknownItem',
      itemId: 'no-such-item',
    });
    const stranger = (await server.run('token', '--role', 'user', '--user', 'never seen before')).trim();
    expect((await recommendations(stranger)).items).toHaveLength(10);
  });

  it('lets a user act for itself only', async () => {
    const one = await signIn(6);
    const other = await signIn(7);
    const { data, errors } = await ask(
      server.url,
      one.token,
      'query ($userId: ID) { recommendations(userId: $userId) { listId } }',
      { userId: other.userId },
    );
    expect(data).toBeNull();
    expect(errors?.[0].extensions?.code).toBe('FORBIDDEN');
  });

  it('learns from events that arrive over the API and records each once', async () => {
    const { token } = await signIn(8);
    const before = await recommendations(token);
    const event = {
      type: 'PURCHASE',
      itemId: before.items[0].item.id,
      value: 12.5,
      at: new Date().toISOString(),
    };
    const record = `mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded duplicates rejected } }`;
    const first = await askFor(server.url, token, record, { events: [event, event] });
    expect(first).toMatchObject({ recordEvents: { recorded: 1, duplicates: 1, rejected: 0 } });
    const again = await askFor(server.url, token, record, { events: [event] });
    expect(again).toMatchObject({ recordEvents: { recorded: 0, duplicates: 1, rejected: 0 } });
    expect(idsOf(await recommendations(token))).not.toContain(event.itemId);
  });

  it('refuses events that cannot be, one by one, and records the others', async () => {
    const { token } = await signIn(8);
    const item = { itemId: 'item-0001' };
    const { recordEvents } = await askFor<{
      recordEvents: { recorded: number; rows: { status: string; reason: string | null }[] };
    }>(
      server.url,
      token,
      'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded rows { status reason } } }',
      {
        events: [
          { type: 'VIEW', ...item, value: -3 },
          { type: 'PURCHASE', ...item, value: 4e300 },
          { type: 'CLICK', ...item, position: -1 },
          { type: 'CLICK', itemId: 'x'.repeat(257) },
          { type: 'VIEW', ...item, value: 3, position: 0, sessionId: 's' },
        ],
      },
    );
    expect(recordEvents.recorded).toBe(1);
    expect(recordEvents.rows.map(({ reason }) => reason?.split(' ')[0] ?? null)).toEqual([
      '"value"',
      '"value"',
      '"position"',
      '"itemId"',
      null,
    ]);
  });

  it('retrains on an admin’s word, shows how far it is, swaps the lists, and refuses a second start by type', async () => {
    const { token } = await signIn(9);
    const before = await recommendations(token);
    const progress = await subscribe<{
      trainingProgress: { state: string; stage: string; progress: number };
    }>(server.wsUrl, admin, 'subscription { trainingProgress { state stage progress } }');
    const updates = await subscribe<{ recommendationsUpdated: { cause: string; list: List } }>(
      server.wsUrl,
      token,
      UPDATED,
      {
        first: 10,
      },
    );
    try {
      const retrain = `mutation { retrain { __typename ... on RetrainStarted { run { state } } ... on AlreadyRunning { owner } } }`;
      const [one, two] = await Promise.all([
        askFor<{ retrain: { __typename: string } }>(server.url, admin, retrain),
        askFor<{ retrain: { __typename: string } }>(server.url, admin, retrain),
      ]);
      expect([one.retrain.__typename, two.retrain.__typename].sort()).toEqual([
        'AlreadyRunning',
        'RetrainStarted',
      ]);

      const swapped = (await updates.next()).recommendationsUpdated;
      expect(swapped.cause).toBe('MODEL');
      expect(swapped.list.modelVersion).toBeGreaterThan(before.modelVersion);
      let step = (await progress.next()).trainingProgress;
      let last = step.progress;
      while (step.state === 'RUNNING') {
        step = (await progress.next()).trainingProgress;
        expect(step.progress).toBeGreaterThanOrEqual(last);
        last = step.progress;
      }
      expect(step.state).toBe('SUCCEEDED');
    } finally {
      await progress.close();
      await updates.close();
    }
  });

  // After the tests that sign in as demo users: the first real user ends the demo.
  it('knows a newcomer at once: the count of events, the persona after ten signals, and a push that names it', async () => {
    const token = (await server.run('token', '--role', 'user', '--user', 'newcomer')).trim();
    const changes = await subscribe<{ personaChanged: { persona: { personaId: string } | null } }>(
      server.wsUrl,
      token,
      'subscription { personaChanged { persona { personaId } } }',
    );
    try {
      // Until the subscription stands, a first change would go unheard: nothing is asked of the list meanwhile.
      const me = '{ me { user { eventCount persona { personaId } } } }';
      await askFor(server.url, token, me);
      const events = Array.from({ length: 10 }, (_, index) => ({
        type: 'VIEW',
        itemId: `item-${String(index + 1).padStart(4, '0')}`,
      }));
      await askFor(
        server.url,
        token,
        'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
        { events },
      );
      const pushed = (await changes.next()).personaChanged.persona!;
      const { user } = (
        await askFor<{ me: { user: { eventCount: number; persona: { personaId: string } } } }>(
          server.url,
          token,
          me,
        )
      ).me;
      expect(user).toEqual({ eventCount: 10, persona: pushed });
    } finally {
      await changes.close();
    }
  });

  it('keeps no raw user id anywhere in the database', async () => {
    const raw = 'raw.person+4711@example.org';
    const token = (await server.run('token', '--role', 'user', '--user', raw)).trim();
    const { items } = await recommendations(token);
    await thumb(token, items[0].item.id, 'UP');
    const connection = await createConnection(mongoUri).asPromise();
    try {
      let documents = 0;
      for (const { name } of await connection.listCollections()) {
        for await (const document of connection.collection(name).find()) {
          documents += 1;
          const text = JSON.stringify(document);
          expect(text).not.toContain(raw);
          expect(text).not.toMatch(/demo-\d{3,}/);
        }
      }
      expect(documents).toBeGreaterThan(1_000);
    } finally {
      await connection.close();
    }
  });
});

describe('a server that is killed while thumbs come in', () => {
  it('has every acknowledged thumb after its restart, in the list and in the record', async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    let server = await startTestServer({ mongoUri, seedUsers: 120 });
    const { dataDir } = server;
    try {
      const token = (await server.run('token', '--role', 'user', '--user', 'somebody')).trim();
      const list = await askFor<{ recommendations: List }>(server.url, token, RECOMMENDATIONS, { first: 60 });
      const acknowledged: string[] = [];
      const sending = (async () => {
        for (const id of idsOf(list.recommendations)) {
          const { data } = await ask(server.url, token, SEND, { input: { itemId: id, value: 'UP' } });
          if (data == null) return;
          acknowledged.push(id);
          if (acknowledged.length === 25) void server.kill();
        }
      })();
      // The request in flight when the process dies fails; that is the end of the sequence, not of the test.
      await sending.catch(() => undefined);
      expect(acknowledged.length).toBeGreaterThanOrEqual(25);

      server = await startTestServer({ mongoUri, dataDir, seedUsers: 0 });
      const { me } = await askFor<{ me: { feedback: { nodes: { item: { id: string }; value: string }[] } } }>(
        server.url,
        token,
        '{ me { feedback(first: 100) { nodes { value item { id } } } } }',
      );
      const kept = new Set(
        me.feedback.nodes.filter(({ value }) => value === 'UP').map(({ item }) => item.id),
      );
      for (const id of acknowledged) expect(kept).toContain(id);
      const after = await askFor<{ recommendations: List }>(server.url, token, RECOMMENDATIONS, {
        first: 60,
      });
      for (const id of acknowledged) expect(idsOf(after.recommendations)).not.toContain(id);
    } finally {
      await server.stop();
    }
  });
});

/** One user's thumbs and page events at the same moment, answers of the database that are lost, and a database that dies. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createRandom } from '../../server/learning/index.js';
import type { Subscription } from '../support/api-client.js';
import { ask, askFor, subscribe } from '../support/api-client.js';
import type { CuttableProxy } from '../support/cuttable-proxy.js';
import { startCuttableProxy } from '../support/cuttable-proxy.js';
import type { TestDatabase } from '../support/database.js';
import { freshDatabase, startTestDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const N_USERS = 8;
const N_STEPS = 10;
const SETTLE_MS = 5_000;
const LIST = 'list { revision items { item { id } score } }';
const QUERY = '{ recommendations(first: 10) { userId revision items { item { id } score } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename ... on FeedbackAccepted { ${LIST} } } }`;
const RECORD = 'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded duplicates } }';
const UPDATED = `subscription { recommendationsUpdated(first: 10) { ${LIST} } }`;
const EXPORT = 'mutation { exportUser { ... on UserExport { document } } }';

interface List {
  userId?: string;
  revision: number;
  items: { item: { id: string }; score: number }[];
}
interface Update {
  recommendationsUpdated: { list: List };
}
interface Held {
  profile: { eventCount: number; revision: number };
  activity: { type: string; itemId: string }[];
  feedback: { itemId: string }[];
}

const idsOf = ({ items }: List) => items.map(({ item }) => item.id);

let server: TestServer;
let database: TestDatabase;
let dataDir: string;
let proxy: CuttableProxy;
let directUri: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-order-'));
  database = await startTestDatabase({ dataDir });
  directUri = freshDatabase(database.uri);
  const { hostname, port } = new URL(directUri);
  proxy = await startCuttableProxy({ host: hostname, port: Number(port) });
  const detour = new URL(directUri);
  detour.port = String(proxy.port);
  server = await startTestServer({ mongoUri: detour.href, seedUsers: 120 });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await proxy?.close();
  await database?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const isReady = async () => (await fetch(`${server.url}/health/ready`)).status === 200;
const userNamed = async (name: string) =>
  (await server.run('token', '--role', 'user', '--user', name)).trim();
/** Simulated users, signed in; a token made by the command would start a process for each. */
async function demoTokens(first: number): Promise<string[]> {
  const { demoUsers } = await askFor<{ demoUsers: { id: string }[] }>(
    server.url,
    null,
    'query ($first: Int!) { demoUsers(first: $first) { id } }',
    { first },
  );
  const signIn = 'mutation ($userId: ID!) { demoSignIn(userId: $userId) { ... on DemoSession { token } } }';
  return Promise.all(
    demoUsers.map(async ({ id: userId }) => {
      const answer = await askFor<{ demoSignIn: { token: string } }>(server.url, null, signIn, { userId });
      return answer.demoSignIn.token;
    }),
  );
}
const listOf = async (token: string) =>
  (await askFor<{ recommendations: List }>(server.url, token, QUERY)).recommendations;
const exportOf = async (token: string) =>
  JSON.parse(
    (await askFor<{ exportUser: { document: string } }>(server.url, token, EXPORT)).exportUser.document,
  ) as Held;
const thumb = (token: string, itemId: string, value: string) =>
  ask<{ sendFeedback: { list: List } }>(server.url, token, SEND, { input: { itemId, value } });
const record = (token: string, events: readonly object[]) => ask(server.url, token, RECORD, { events });

/** The newest list that was pushed equals what a query gives, as soon as all pushes have arrived. */
async function expectSameWindow(updates: Subscription<Update>, token: string): Promise<void> {
  await waitFor(
    async () => {
      const last = updates.waiting.at(-1)?.recommendationsUpdated.list;
      const { revision, items } = await listOf(token);
      return JSON.stringify(last) === JSON.stringify({ revision, items });
    },
    'the window shows what the query gives',
    SETTLE_MS,
  );
}

describe('thumbs and page events of one user at the same moment', () => {
  it.each([
    [-5, 0],
    [0, 1],
    [50, 2],
  ])(
    'are all learned, in the record, and in every open window (client clock off by %i ms)',
    async (offset, place) => {
      const random = createRandom(1_000 + offset);
      const tokens = (await demoTokens(3 * N_USERS)).slice(place * N_USERS, (place + 1) * N_USERS);
      await Promise.all(
        tokens.map(async (token) => {
          const before = await exportOf(token);
          const opinions = new Set(before.feedback.map(({ itemId }) => itemId));
          const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
            server.url,
            token,
            '{ items(first: 100) { nodes { id } } }',
          );
          const itemIds = items.nodes.map(({ id }) => id).filter((id) => !opinions.has(id));
          await listOf(token);
          const updates = await subscribe<Update>(server.wsUrl, token, UPDATED);
          let nThumbs = 0;
          let nViews = 0;
          let served = 0;
          try {
            for (let step = 0; step < N_STEPS; step += 1) {
              const item = itemIds[step];
              const views = [0, 1].map((n) => ({
                type: 'VIEW',
                itemId: itemIds[Math.floor(random.next() * itemIds.length)],
                at: new Date(Date.now() + offset - n).toISOString(),
                sessionId: `s${step}-${n}`,
              }));
              const [sent, ...recorded] = await Promise.all([
                thumb(token, item, step % 3 === 0 ? 'DOWN' : 'UP'),
                ...views.map((view) => record(token, [view])),
              ]);
              expect([sent.errors, ...recorded.map(({ errors }) => errors)]).toEqual([
                undefined,
                undefined,
                undefined,
              ]);
              nThumbs += 1;
              nViews += views.length;
              const { list } = sent.data!.sendFeedback;
              expect(idsOf(list)).not.toContain(item);
              const asked = await listOf(token);
              expect(asked.revision).toBeGreaterThanOrEqual(Math.max(served, list.revision));
              served = asked.revision;
            }
            await expectSameWindow(updates, token);
            const revisions = updates.waiting.map(({ recommendationsUpdated: { list } }) => list.revision);
            expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
            const { activity, profile } = await exportOf(token);
            const isThumb = ({ type }: { type: string }) => type === 'like' || type === 'dislike';
            expect(activity.filter(isThumb).length - before.activity.filter(isThumb).length).toBe(nThumbs);
            expect(activity.length - before.activity.length).toBe(nThumbs + nViews);
            expect(profile.eventCount).toBe(activity.length);
          } finally {
            await updates.close();
          }
        }),
      );
    },
  );
});

describe('a write whose answer is lost', () => {
  /** Sends while answers are swallowed, cuts the connections once the database has stored it, and gives the answer. */
  async function lose<T>(send: () => Promise<T>, collection: string, filter: object): Promise<T> {
    const direct = await createConnection(directUri).asPromise();
    try {
      const before = await direct.collection(collection).countDocuments(filter);
      // A command's first field is its name with the collection as a string: length, text, zero.
      proxy.swallowReplies(new RegExp(`(insert|update)\\0[^]{4}${collection}\\0`));
      const answer = send();
      await waitFor(
        async () => (await direct.collection(collection).countDocuments(filter)) > before,
        'the database stores the write',
      );
      proxy.cut();
      const lost = await answer;
      proxy.mend();
      await waitFor(isReady, 'the server to be ready again', 30_000);
      return lost;
    } finally {
      proxy.mend();
      await direct.close();
    }
  }

  it('is learned when the caller sends the same thumb again', async () => {
    const token = await userNamed('lost thumb');
    const { items, userId } = await listOf(token);
    const top = items[0].item.id;
    const lost = await lose(() => thumb(token, top, 'DOWN'), 'feedback', { userId });
    expect(lost.errors?.[0]).toMatchObject({ extensions: { code: 'DATABASE_UNAVAILABLE' } });
    expect(lost.errors?.[0].message).not.toMatch(/nothing was changed/i);
    const again = await thumb(token, top, 'DOWN');
    expect(idsOf(again.data!.sendFeedback.list)).not.toContain(top);
    expect((await exportOf(token)).activity).toMatchObject([{ type: 'dislike', itemId: top }]);
  });

  it('is learned and pushed by itself when nobody sends the events again', async () => {
    const token = await userNamed('lost purchase');
    const updates = await subscribe<Update>(server.wsUrl, token, UPDATED);
    try {
      const { items, userId } = await listOf(token);
      const top = items[0].item.id;
      const lost = await lose(() => record(token, [{ type: 'PURCHASE', itemId: top }]), 'activity', {
        userId,
      });
      expect(lost.errors?.[0]).toMatchObject({ extensions: { code: 'DATABASE_UNAVAILABLE' } });
      const pushed = await updates.next();
      expect(idsOf(pushed.recommendationsUpdated.list)).not.toContain(top);
      expect((await exportOf(token)).profile.eventCount).toBe(1);
    } finally {
      await updates.close();
    }
  });
});

describe('a database that is killed right after it acknowledged', () => {
  it('costs no thumb and no event, and windows show what the query gives after its restart', async () => {
    const token = await userNamed('survivor of the database');
    const updates = await subscribe<Update>(server.wsUrl, token, UPDATED);
    try {
      const { items } = await listOf(token);
      const port = Number(new URL(database.uri).port);
      const acknowledged: string[] = [];
      let served = 0;
      for (const { item } of items.slice(0, 4)) {
        for (const value of ['UP', 'DOWN']) {
          const { data } = await thumb(token, item.id, value);
          served = data!.sendFeedback.list.revision;
          acknowledged.push(`${value === 'UP' ? 'like' : 'dislike'} ${item.id}`);
        }
        expect((await record(token, [{ type: 'VIEW', itemId: item.id }])).errors).toBeUndefined();
        acknowledged.push(`view ${item.id}`);
        process.kill(database.process.pid, 'SIGKILL');
        await waitFor(async () => !(await isReady()), 'the server to notice', 30_000);
        database = await startTestDatabase({ dataDir, port });
        await waitFor(isReady, 'the server to be ready again', 30_000);
        // The opinion changes again before everything is caught up.
        expect((await thumb(token, item.id, 'UP')).errors).toBeUndefined();
        acknowledged.push(`like ${item.id}`);
        await expectSameWindow(updates, token);
        expect((await listOf(token)).revision).toBeGreaterThan(served);
        const { activity, profile } = await exportOf(token);
        const recorded = activity.map(({ type, itemId }) => `${type} ${itemId}`);
        expect(recorded.sort()).toEqual([...acknowledged].sort());
        expect(profile.eventCount).toBe(activity.length);
      }
    } finally {
      await updates.close();
    }
  });
});

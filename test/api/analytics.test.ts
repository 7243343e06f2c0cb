/** The dashboards on the real server: what is sent is what is counted, once, and nobody but an admin sees it. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { ask, askFor, subscribe } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';

const ANALYTICS = `query ($range: AnalyticsRangeInput) { analytics(range: $range) {
  grain from to
  live { activeUsers modelVersion ctr openSubscriptions }
  ctr { personaId points { impressions clicks ctr adjustedCtr } }
  engagement { sessions events meanDwellSeconds searches clicks purchases likes dislikes feedbackRate }
  personaCategory { personaId category events share }
  hourWeekday { weekday hour events }
  quality { modelVersion thumbs hits hitRate meanPercentile }
  clusterMap { modelVersion nUsers personas { id } userIds x y persona silhouette }
  privacy { isEnabled epsilonPerDay epsilonUsed suppressedBelow suppressedCells }
} }`;
const LIST = '{ recommendations(first: 10) { listId revision items { item { id category } } } }';
const RECORD = 'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded duplicates } }';
const THUMB = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) {
  ... on FeedbackAccepted { feedback { position } list { listId items { item { id } } } } } }`;

interface Analytics {
  grain: string;
  live: { activeUsers: number | null; modelVersion: number; ctr: number | null };
  ctr: { personaId: string; points: { impressions: number; clicks: number; ctr: number | null }[] }[];
  engagement: Record<string, number>[];
  personaCategory: { category: string; events: number }[];
  hourWeekday: { events: number }[];
  quality: { modelVersion: number; thumbs: number; hits: number; meanPercentile: number }[];
  clusterMap: Record<'userIds' | 'x' | 'y' | 'persona' | 'silhouette', unknown[]> & {
    nUsers: number;
    personas: { id: string }[];
  };
  privacy: { isEnabled: boolean; epsilonPerDay: number | null; epsilonUsed: number };
}
interface List {
  listId: string;
  revision: number;
  items: { item: { id: string; category: string } }[];
}

/** Days hold the history of the simulated users too; a difference of two answers is what a test did. */
function totals({ ctr, engagement, personaCategory, hourWeekday, quality }: Analytics) {
  const sum = (rows: readonly object[], name: string) =>
    rows.reduce((total, row) => total + ((row as Record<string, number>)[name] ?? 0), 0);
  const points = ctr.flatMap((series) => series.points);
  const names = ['sessions', 'events', 'searches', 'clicks', 'purchases', 'likes', 'dislikes'];
  return {
    ...Object.fromEntries(names.map((name) => [name, sum(engagement, name)])),
    impressions: sum(points, 'impressions'),
    listClicks: sum(points, 'clicks'),
    inCategories: sum(personaCategory, 'events'),
    inHours: sum(hourWeekday, 'events'),
    judged: sum(quality, 'thumbs'),
  };
}

function difference(after: Record<string, number>, before: Record<string, number>) {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]]));
}

describe('analytics', () => {
  let server: TestServer;
  let mongoUri: string;
  let admin: string;
  const range = { grain: 'DAY', from: new Date(Date.now() - 2 * 86_400_000).toISOString() };
  const analytics = async () =>
    (await askFor<{ analytics: Analytics }>(server.url, admin, ANALYTICS, { range })).analytics;
  const tokenOf = async (name: string) =>
    (await server.run('token', '--role', 'user', '--user', name)).trim();
  const listOf = async (token: string) =>
    (await askFor<{ recommendations: List }>(server.url, token, LIST)).recommendations;

  beforeAll(async () => {
    mongoUri = freshDatabase(inject('mongoUri'));
    server = await startTestServer({ mongoUri });
    admin = (await server.run('token', '--role', 'admin')).trim();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('shows the past of the simulated users under their personas, and every one of them on the map', async () => {
    const { ctr, engagement, clusterMap, live, privacy } = await analytics();
    expect(live.modelVersion).toBe(1);
    expect(privacy.isEnabled).toBe(false);
    expect(engagement.some((point) => point.events > 0)).toBe(true);
    const known = ctr.filter(({ personaId }) => personaId !== 'none').flatMap((series) => series.points);
    expect(known.some((point) => point.impressions > 0 && point.clicks > 0)).toBe(true);
    expect(clusterMap.nUsers).toBe(300);
    for (const column of [clusterMap.userIds, clusterMap.x, clusterMap.y, clusterMap.silhouette]) {
      expect(column).toHaveLength(300);
    }
    for (const persona of clusterMap.persona as number[]) {
      expect(clusterMap.personas[persona]).toBeDefined();
    }
  });

  it('counts exactly what was sent: lists once, repeated events not at all, thumbs before they are learned', async () => {
    const token = await tokenOf('somebody new');
    const before = totals(await analytics());
    const list = await listOf(token);
    const again = await listOf(token);
    expect([again.listId, again.revision]).toEqual([list.listId, list.revision]);

    const [first, second, third] = list.items.map(({ item }) => item.id);
    const { listId } = list;
    const at = new Date().toISOString();
    const events = [
      { type: 'CLICK', itemId: first, listId, value: 30, at },
      { type: 'CLICK', itemId: first, listId, value: 20, at },
      { type: 'CLICK', itemId: second, listId, at },
      { type: 'VIEW', itemId: second, value: 10, at },
      { type: 'PURCHASE', itemId: second, value: 5, at },
      { type: 'SEARCH', at },
      // Its list was counted when it was handed out.
      { type: 'IMPRESSION', itemId: third, listId, at },
    ];
    for (const expected of [7, 0]) {
      const { recordEvents } = await askFor<{ recordEvents: { recorded: number } }>(
        server.url,
        token,
        RECORD,
        { events },
      );
      expect(recordEvents.recorded).toBe(expected);
    }
    const input = { itemId: third, value: 'UP', listId };
    const { sendFeedback } = await askFor<{
      sendFeedback: { feedback: { position: number }; list: List };
    }>(server.url, token, THUMB, { input });
    expect(sendFeedback.feedback.position).toBe(2);
    // The same thumb again says nothing new and shows nothing new.
    const repeated = await askFor<typeof sendFeedback extends infer T ? { sendFeedback: T } : never>(
      server.url,
      token,
      THUMB,
      { input },
    );
    const lists = new Set([listId, sendFeedback.list.listId, repeated.sendFeedback.list.listId]);

    const expected = {
      ...{ sessions: 1, events: 7, searches: 1, clicks: 3, purchases: 1, likes: 1, dislikes: 0 },
      ...{ impressions: lists.size * 10, listClicks: 2, inHours: 7, judged: 1 },
    };
    await expect
      .poll(async () => difference(totals(await analytics()), before), { timeout: 20_000, interval: 200 })
      .toMatchObject(expected);
  });

  it('tells listeners of it, at most four times a second', async () => {
    const token = await tokenOf('somebody busy');
    const updates = await subscribe<{ analyticsUpdated: { at: string; live: { eventsPerSecond: number } } }>(
      server.wsUrl,
      admin,
      'subscription { analyticsUpdated { at live { eventsPerSecond openSubscriptions } } }',
    );
    try {
      const instants: number[] = [];
      for (let i = 0; instants.length < 6; i++) {
        const events = [{ type: 'SEARCH', at: new Date(Date.now() - i).toISOString() }];
        await askFor(server.url, token, RECORD, { events });
        if (i === 0 || updates.waiting.length > 0) {
          instants.push(Date.parse((await updates.next()).analyticsUpdated.at));
        }
      }
      const elapsed = instants.at(-1)! - instants[0];
      expect(instants.length - 1).toBeLessThanOrEqual(elapsed / 250 + 1);
    } finally {
      await updates.close();
    }
  });

  it('is for admins', async () => {
    const { data, errors } = await ask(server.url, await tokenOf('anybody'), ANALYTICS);
    expect(data ?? null).toBeNull();
    expect(errors?.[0].extensions?.code).toBe('FORBIDDEN');
  });

  it.each([
    ['a range that ends before it begins', { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }],
    [
      'a thousand points and more',
      { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z', grain: 'DAY' },
    ],
    ['minutes that are gone', { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z', grain: 'MINUTE' }],
  ])('refuses %s', async (_what, wrong) => {
    const { errors } = await ask(server.url, admin, ANALYTICS, { range: wrong });
    expect(errors?.[0].extensions?.code).toBe('INVALID_INPUT');
  });

  it('counts the same again from the record, and keeps what was served', async () => {
    const before = await analytics();
    const output = await server.run('rebuild');
    expect(output).toContain('Rebuilt from');
    expect(totals(await analytics())).toEqual(totals(before));
  });

  it('under differential privacy tells nothing exact, stays within its budget, and repeats itself across a restart', async () => {
    const start = () =>
      startTestServer({
        mongoUri,
        dataDir: server.dataDir,
        seedUsers: 0,
        env: { SMARTPERSONA_DP_EPSILON: '1' },
      });
    const ask = (url: string) =>
      askFor<{ analytics: Analytics }>(url, admin, ANALYTICS, { range }).then((answer) => answer.analytics);
    let blurred = await start();
    const first = await ask(blurred.url);
    await blurred.stop();
    blurred = await start();
    try {
      const second = await ask(blurred.url);
      expect(totals(second)).toEqual(totals(first));
      expect(second).toMatchObject({ clusterMap: null, quality: [], live: { activeUsers: null, ctr: null } });
      expect(second.privacy).toMatchObject({ isEnabled: true, epsilonPerDay: 1, epsilonUsed: 0.25 });
      expect(totals(second)).not.toEqual(totals(await analytics()));
    } finally {
      await blurred.stop();
    }
  });
});

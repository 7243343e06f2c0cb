/** The real server under differential privacy: what an admin and a user may read, and what is withheld. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { ask, askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';

const PERSONA = 'id label size share silhouette isWithheld centroid { value } distinctive { zScore }';
const USER = `id locale createdAt eventCount isWithheld persona { personaId } evidence { have }
  behaviour { value } personaFeatures { feature } personaTimeline { personaId }
  activity { nodes { id } } feedback { nodes { itemId } }`;
const HIDDEN_USER = {
  ...{ locale: null, createdAt: null, eventCount: null, isWithheld: true, persona: null, evidence: null },
  ...{ behaviour: [], personaFeatures: [], personaTimeline: [] },
  ...{ activity: { nodes: [] }, feedback: { nodes: [] } },
};
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const RECORD = `mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }`;
const LIST = `query ($userId: ID) { recommendations(userId: $userId, first: 20) { userId items { item { id } } } }`;

interface PersonaRow {
  id: string;
  size: number | null;
  share: number | null;
}

describe('a server under differential privacy', () => {
  let server: TestServer;
  let mongoUri: string;
  let dataDir: string;
  let admin: string;
  let user: { token: string; id: string };
  const start = (more: object = {}) =>
    startTestServer({ mongoUri, dataDir, seedUsers: 120, env: { SMARTPERSONA_DP_EPSILON: '1' }, ...more });

  beforeAll(async () => {
    mongoUri = freshDatabase(inject('mongoUri'));
    dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-privacy-'));
    server = await start();
    admin = (await server.run('token', '--role', 'admin')).trim();
    const token = (await server.run('token', '--role', 'user', '--user', 'one user')).trim();
    const { recommendations } = await askFor<{
      recommendations: { userId: string; items: { item: { id: string } }[] };
    }>(server.url, token, LIST);
    user = { token, id: recommendations.userId };
    const events = recommendations.items.map(({ item }) => ({ type: 'PURCHASE', itemId: item.id, value: 5 }));
    await askFor(server.url, token, RECORD, { events });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const code = async (token: string, query: string, variables = {}) =>
    (await ask(server.url, token, query, variables)).errors?.[0].extensions?.code;

  it('withholds the rows of single users from an admin', async () => {
    const one = await askFor<{ user: object }>(
      server.url,
      admin,
      `query ($id: ID!) { user(id: $id) { ${USER} } }`,
      { id: user.id },
    );
    expect(one.user).toEqual({ id: user.id, ...HIDDEN_USER });
    const { users } = await askFor<{ users: { nodes: { id: string }[] } }>(
      server.url,
      admin,
      `{ users(first: 3) { nodes { ${USER} } } }`,
    );
    expect(users.nodes).toEqual(users.nodes.map(({ id }) => ({ id, ...HIDDEN_USER })));
    expect(users.nodes).toHaveLength(3);
  });

  it('refuses with a code what would read or count single users', async () => {
    const { errors } = await ask(
      server.url,
      admin,
      'mutation ($id: ID) { exportUser(userId: $id) { __typename } }',
      { id: user.id },
    );
    expect(errors?.[0].extensions?.code).toBe('WITHHELD');
    expect(errors?.[0].message).toContain('npm run export-user');
    const { personas } = await askFor<{ personas: PersonaRow[] }>(
      server.url,
      admin,
      `{ personas { ${PERSONA} } }`,
    );
    const listing = 'query ($id: ID) { users(personaId: $id) { nodes { id } } }';
    expect(await code(admin, listing, { id: personas[0].id })).toBe('WITHHELD');
    const history = 'query ($id: ID) { personaHistory(userId: $id) { at } }';
    expect(await code(admin, history, { id: user.id })).toBe('WITHHELD');
  });

  it('still serves and erases a user on behalf of an admin', async () => {
    const { recommendations } = await askFor<{ recommendations: { items: { item: { id: string } }[] } }>(
      server.url,
      admin,
      LIST,
      { userId: user.id },
    );
    expect(recommendations.items.length).toBeGreaterThan(0);
    const input = { userId: user.id, itemId: recommendations.items[0].item.id, value: 'UP' };
    expect(await askFor(server.url, admin, SEND, { input })).toEqual({
      sendFeedback: { __typename: 'FeedbackAccepted' },
    });
    const events = [{ userId: user.id, type: 'SEARCH' }];
    expect(await askFor(server.url, admin, RECORD, { events })).toEqual({ recordEvents: { recorded: 1 } });
    const other = (await server.run('token', '--role', 'user', '--user', 'leaving')).trim();
    const { me } = await askFor<{ me: { userId: string } }>(server.url, other, '{ me { userId } }');
    await askFor(server.url, other, RECORD, { events: [{ type: 'SEARCH' }] });
    const erase = 'mutation ($id: ID) { eraseUser(userId: $id) { __typename } }';
    expect(await askFor(server.url, admin, erase, { id: me.userId })).toEqual({
      eraseUser: { __typename: 'ErasureReceipt' },
    });
  });

  it('shows a user everything of their own, and nobody else in it', async () => {
    const { me } = await askFor<{
      me: { user: Record<string, unknown> & { activity: { nodes: unknown[] } } };
    }>(
      server.url,
      user.token,
      `{ me { user { isWithheld eventCount evidence { have } behaviour { value } activity { nodes { id } }
        persona { persona { ${PERSONA} } } personaFeatures { user persona everybody } } } }`,
    );
    expect(me.user).toMatchObject({ isWithheld: false, persona: { persona: { silhouette: null } } });
    expect(me.user.activity.nodes.length).toBeGreaterThan(0);
    expect(me.user['behaviour']).not.toEqual([]);
    const features = me.user['personaFeatures'] as object[];
    expect(features.length).toBeGreaterThan(0);
    for (const row of features) {
      expect(row).toEqual({ user: expect.any(Number) as number, persona: null, everybody: null });
    }
    expect(await askFor(server.url, user.token, 'mutation { exportUser { __typename } }')).toEqual({
      exportUser: { __typename: 'UserExport' },
    });
  });

  it('publishes the sizes of personas with noise, and withholds their other figures', async () => {
    const read = async (token: string) =>
      (await askFor<{ personas: PersonaRow[] }>(server.url, token, `{ personas { ${PERSONA} } }`)).personas;
    const personas = await read(user.token);
    expect(personas.length).toBeGreaterThan(0);
    for (const persona of personas) {
      expect(persona).toMatchObject({ silhouette: null, isWithheld: true, centroid: [], distinctive: [] });
      expect(persona.size).toBeGreaterThanOrEqual(0);
      expect(persona.share).toBeLessThanOrEqual(1);
    }
    expect(await read(admin)).toEqual(personas);
  });

  it('withholds the figures of versions and of moves between versions', async () => {
    const { model } = await askFor<{ model: { personas: PersonaRow[] } }>(
      server.url,
      admin,
      `{ model { isWithheld k reason comparisonBasis evidence { k } metrics { name } comparison { name }
        trainingData { nUsers nInteractions nEvents } personas { ${PERSONA} } } }`,
    );
    expect(model).toMatchObject({
      ...{ isWithheld: true, reason: null, comparisonBasis: null, evidence: [], metrics: [], comparison: [] },
      trainingData: { nUsers: null, nInteractions: null, nEvents: null },
    });
    const { personaEvolution } = await askFor(
      server.url,
      admin,
      `{ personaEvolution(fromVersion: 1, toVersion: 1) {
        isWithheld nUsers nMoved transitions { count } changes { kind } } }`,
    );
    expect(personaEvolution).toEqual({
      ...{ isWithheld: true, nUsers: null, nMoved: null, transitions: [], changes: [] },
    });
    const { alerts } = await askFor<{ alerts: { values: unknown[] }[] }>(
      server.url,
      admin,
      '{ alerts { values { name } } }',
    );
    for (const alert of alerts) expect(alert.values).toEqual([]);
  });

  it('says how large the noise is, and keeps the whole of a day within its budget', async () => {
    const { analytics } = await askFor<{
      analytics: { privacy: { noiseStdDev: number; epsilonUsed: number; epsilonPerDay: number } };
    }>(
      server.url,
      admin,
      '{ analytics(range: { grain: DAY }) { privacy { noiseStdDev epsilonUsed epsilonPerDay } } }',
    );
    expect(analytics.privacy.noiseStdDev).toBeGreaterThan(0);
    expect(analytics.privacy.epsilonUsed).toBe(0.25);
  });

  it('gives the same sizes after a restart', async () => {
    const read = async () => askFor(server.url, user.token, `{ personas { ${PERSONA} } }`);
    const before = await read();
    await server.stop();
    server = await start({ seedUsers: 0 });
    expect(await read()).toEqual(before);
  });
});

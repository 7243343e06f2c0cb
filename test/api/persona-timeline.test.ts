/** "My persona over time": every move is told, with its cause, once, however many instances see it. */

import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const TIMELINE = '{ me { personaTimeline { personaId cause modelVersion } } }';
const PERSONA = '{ recommendations(first: 1) { persona { id } } }';
const RECORD = 'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }';
const CORRECT =
  'mutation ($id: ID) { correctPersona(personaId: $id) { ... on PersonaCorrected { persona { personaId } } } }';

interface Step {
  personaId: string;
  cause: 'MODEL' | 'LIVE' | 'CORRECTION';
  modelVersion: number;
}

describe('a persona timeline on two instances', () => {
  let a: TestServer;
  let b: TestServer;
  let token: string;
  const steps = async ({ url }: TestServer): Promise<Step[]> =>
    (await askFor<{ me: { personaTimeline: Step[] } }>(url, token, TIMELINE)).me.personaTimeline;
  const personaOn = async ({ url }: TestServer) =>
    (await askFor<{ recommendations: { persona: { id: string } | null } }>(url, token, PERSONA))
      .recommendations.persona?.id;
  const correct = async ({ url }: TestServer, id: string | null) =>
    (await askFor<{ correctPersona: { persona: { personaId: string } } }>(url, token, CORRECT, { id }))
      .correctPersona.persona.personaId;

  beforeAll(async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    const env = {
      SMARTPERSONA_PEPPER: randomBytes(32).toString('hex'),
      SMARTPERSONA_SECRET: randomBytes(32).toString('hex'),
    };
    a = await startTestServer({ mongoUri, seedUsers: 200, env });
    b = await startTestServer({ mongoUri, seedUsers: 0, env });
    token = (await a.run('token', '--role', 'user', '--user', 'mover')).trim();
  });

  afterAll(async () => {
    await a?.stop();
    await b?.stop();
  });

  it('tells each move that behaviour makes once', async () => {
    const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
      a.url,
      token,
      '{ items(first: 40) { nodes { id } } }',
    );
    const seen: string[] = [];
    // Searches, then buys, then only looks on: from one persona to the next.
    for (const [type, nItems, nBatches] of [
      ['SEARCH', 12, 1],
      ['PURCHASE', 40, 4],
      ['IMPRESSION', 40, 20],
    ] as const) {
      for (let batch = 0; batch < nBatches && seen.length < 3; batch++) {
        const events = items.nodes.slice(0, nItems).map(({ id }) => ({
          type,
          ...(type === 'SEARCH' ? {} : { itemId: id }),
          ...(type === 'PURCHASE' ? { value: 20 } : {}),
        }));
        await askFor(a.url, token, RECORD, { events });
        const [onA] = await Promise.all([personaOn(a), personaOn(b)]);
        if (onA !== undefined && onA !== seen.at(-1)) seen.push(onA);
      }
    }
    expect(seen.length).toBeGreaterThan(1);
    await waitFor(async () => (await steps(b)).length >= seen.length, 'the moves are written');
    for (const instance of [a, b]) {
      const told = await steps(instance);
      expect(told.map(({ personaId }) => personaId)).toEqual([...seen].reverse());
      expect(new Set(told.map(({ cause }) => cause))).toEqual(new Set(['LIVE']));
    }
  });

  it('tells a correction and its end, each once, however often it is sent', async () => {
    const before = await steps(a);
    const { personas } = await askFor<{ personas: { id: string }[] }>(a.url, token, '{ personas { id } }');
    const current = before[0].personaId;
    const other = personas.find(({ id }) => id !== current)!.id;

    await Promise.all([a, b, a].map((instance) => correct(instance, other)));
    expect(await correct(b, other)).toBe(other);
    const corrected = await steps(b);
    expect(corrected).toEqual([{ personaId: other, cause: 'CORRECTION', modelVersion: 1 }, ...before]);

    const back = await correct(b, null);
    expect(back).toBe(current);
    await correct(a, null);
    expect(await steps(a)).toEqual([{ personaId: back, cause: 'CORRECTION', modelVersion: 1 }, ...corrected]);
  });

  it('goes on with the next training, and is gone when the user is erased', async () => {
    const before = await steps(a);
    await a.run('retrain');
    await waitFor(async () => (await steps(a)).length > before.length, 'the training adds its step');
    const [newest, ...older] = await steps(a);
    expect(newest).toMatchObject({ cause: 'MODEL', modelVersion: 2 });
    expect(older).toEqual(before);
    await askFor(a.url, token, 'mutation { eraseUser { __typename } }');
    const again = (await a.run('token', '--role', 'user', '--user', 'mover')).trim();
    const { me } = await askFor<{ me: { personaTimeline: Step[] } }>(a.url, again, TIMELINE);
    expect(me.personaTimeline).toEqual([]);
  });
});

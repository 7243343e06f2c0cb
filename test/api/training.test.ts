/** An admin and the weekly job on a real server: start, watch, cancel, compare, decide, go back. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { ask, askFor, subscribe } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const DEADLINE_MS = 90_000;
const RETRAIN = `mutation { retrain { __typename ... on RetrainStarted { run { id } } ... on AlreadyRunning { owner since message } } }`;
const RUN = `{ trainingRuns(first: 1) { id state stage error modelVersion endedAt } }`;
const MODELS = `{ models(first: 10) { version status isActivatable reason parentVersion comparisonBasis
  comparison { name value activeValue difference differenceLow differenceHigh isWorse } } }`;

interface Run {
  id: string;
  state: string;
  stage: string;
  error: string | null;
  modelVersion: number | null;
  endedAt: string | null;
}
interface Model {
  version: number;
  status: string;
  isActivatable: boolean;
  reason: string | null;
  parentVersion: number | null;
  comparisonBasis: string | null;
  comparison: { name: string; value: number; activeValue: number; difference: number; isWorse: boolean }[];
}
interface Alert {
  id: string;
  kind: string;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  modelVersion: number | null;
}

describe('training', () => {
  let server: TestServer;
  let admin: string;

  beforeAll(async () => {
    // A new version must be twice as good: none is, so every one of them is held back.
    const env = { SMARTPERSONA_GUARD_TOLERANCE: '-100' };
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 200, env });
    admin = (await server.run('token', '--role', 'admin')).trim();
  });
  afterAll(() => server?.stop());

  const query = <T>(text: string, variables = {}) => askFor<T>(server.url, admin, text, variables);
  const models = async () => (await query<{ models: Model[] }>(MODELS)).models;
  const latestRun = async () => (await query<{ trainingRuns: Run[] }>(RUN)).trainingRuns[0];
  const start = async () =>
    (await query<{ retrain: { __typename: string; run: { id: string } } }>(RETRAIN)).retrain.run.id;
  const ended = (id: string) =>
    waitFor(
      async () => {
        const run = await latestRun();
        return run.id === id && run.endedAt !== null && run;
      },
      'the end of the run',
      DEADLINE_MS,
    );
  const activate = (version: number) =>
    query(
      `mutation { activateModel(version: ${version}) { __typename ... on ModelActivated { model { version status } } ... on ActivationRefused { code } } }`,
    );
  const signIn = async () => {
    const { demoUsers } = await askFor<{ demoUsers: { id: string }[] }>(
      server.url,
      null,
      '{ demoUsers(first: 1) { id } }',
    );
    const { demoSignIn } = await askFor<{ demoSignIn: { token: string } }>(
      server.url,
      null,
      'mutation ($userId: ID!) { demoSignIn(userId: $userId) { ... on DemoSession { token } } }',
      { userId: demoUsers[0].id },
    );
    return { token: demoSignIn.token, userId: demoUsers[0].id };
  };

  it('holds a version back that is not good enough, with figures and an alert, while every request is answered', async () => {
    const { token } = await signIn();
    const alerts = await subscribe<{ alerts: Alert }>(
      server.wsUrl,
      admin,
      'subscription { alerts { id kind modelVersion } }',
    );
    try {
      const id = await start();
      let isOver = false;
      const over = ended(id).finally(() => (isOver = true));
      let answered = 0;
      while (!isOver) {
        const { data, errors } = await ask(
          server.url,
          token,
          '{ recommendations(first: 5) { modelVersion } }',
        );
        expect(errors).toBeUndefined();
        expect(data).toEqual({ recommendations: { modelVersion: 1 } });
        answered += 1;
      }
      expect(await over).toMatchObject({ state: 'SUCCEEDED', modelVersion: 2 });
      expect(answered).toBeGreaterThan(0);
      const [held, active] = await models();
      expect(active).toMatchObject({ version: 1, status: 'ACTIVE', isActivatable: false, comparison: [] });
      expect(held).toMatchObject({ version: 2, status: 'CANDIDATE', isActivatable: true, parentVersion: 1 });
      expect(held.reason).toContain('ndcg@10');
      expect(held.comparisonBasis).toContain('version 1');
      expect(held.comparison.find(({ name }) => name === 'ndcg@10')).toMatchObject({ isWorse: true });
      expect((await alerts.next()).alerts).toMatchObject({ kind: 'CANDIDATE_HELD', modelVersion: 2 });
    } finally {
      await alerts.close();
    }
  });

  it('lets an admin acknowledge the alert, once, and nobody else see it', async () => {
    const open = '{ alerts(isAcknowledged: false) { id kind acknowledgedAt } }';
    const [alert] = (await query<{ alerts: Alert[] }>(open)).alerts;
    const acknowledge = `mutation ($id: ID!) { acknowledgeAlert(id: $id) { __typename
      ... on AlertAcknowledged { alert { acknowledgedAt acknowledgedBy } } ... on UnknownAlert { id } } }`;
    const first = await query<{ acknowledgeAlert: { alert: Alert } }>(acknowledge, { id: alert.id });
    expect(first.acknowledgeAlert.alert).toMatchObject({ acknowledgedBy: 'admin' });
    expect(await query(acknowledge, { id: alert.id })).toEqual(first);
    expect(await query(acknowledge, { id: 'nothing' })).toEqual({
      acknowledgeAlert: { __typename: 'UnknownAlert', id: 'nothing' },
    });
    expect((await query<{ alerts: Alert[] }>(open)).alerts).toEqual([]);
    const { token } = await signIn();
    const refused = await ask(server.url, token, open);
    expect(refused.errors?.[0].extensions?.code).toBe('FORBIDDEN');
  });

  it('activates the candidate on an admin’s word, pushes the lists, and goes back the same way', async () => {
    const { token } = await signIn();
    const updates = await subscribe<{
      recommendationsUpdated: { cause: string; list: { modelVersion: number } };
    }>(
      server.wsUrl,
      token,
      'subscription { recommendationsUpdated(first: 5) { cause list { modelVersion } } }',
    );
    try {
      for (const version of [2, 1]) {
        expect(await activate(version)).toEqual({
          activateModel: { __typename: 'ModelActivated', model: { version, status: 'ACTIVE' } },
        });
        const { cause, list } = (await updates.next()).recommendationsUpdated;
        expect({ cause, version: list.modelVersion }).toEqual({ cause: 'MODEL', version });
      }
      expect(await activate(99)).toMatchObject({ activateModel: { code: 'MODEL_NOT_FOUND' } });
    } finally {
      await updates.close();
    }
  });

  it('tells how personas moved between two versions, and a user its own steps', async () => {
    await activate(2);
    const evolution = `{ personaEvolution(fromVersion: 1, toVersion: 2) { fromVersion toVersion nUsers nMoved
      transitions { fromPersonaId fromLabel toPersonaId toLabel count } changes { kind personaIds labels } } }`;
    interface Evolution {
      nUsers: number;
      nMoved: number;
      transitions: { fromLabel: string; toLabel: string; count: number }[];
      changes: { kind: string; labels: string[] }[];
    }
    const found = await waitFor(
      async () => {
        const { personaEvolution } = await query<{ personaEvolution: Evolution }>(evolution);
        return personaEvolution.nUsers === 200 && personaEvolution;
      },
      'everybody has a step under the version',
      DEADLINE_MS,
    );
    const total = found.transitions.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(200);
    expect(found.nMoved).toBeLessThan(100);
    expect(found.changes.length).toBeGreaterThan(0);
    const { token, userId } = await signIn();
    const history = '{ personaHistory { personaId modelVersion at confidence persona { label } } }';
    const own = await waitFor(
      async () => {
        const { personaHistory } = await askFor<{
          personaHistory: { modelVersion: number; persona: { label: string } }[];
        }>(server.url, token, history);
        return personaHistory[0].modelVersion === 2 && personaHistory;
      },
      'the latest step is under the active version',
      DEADLINE_MS,
    );
    expect(own[0].persona).toEqual({ label: expect.any(String) });
    const other = await ask(
      server.url,
      (await server.run('token', '--role', 'user', '--user', 'somebody else')).trim(),
      'query ($userId: ID) { personaHistory(userId: $userId) { at } }',
      { userId },
    );
    expect(other.errors?.[0].extensions?.code).toBe('FORBIDDEN');
  });

  it('measures drift with every run', async () => {
    const { drift } = await query<{
      drift: { modelVersion: number; features: object[]; personas: object[] };
    }>(
      '{ drift { modelVersion measuredAt isDrifting features { feature psi isDrifting } personas { personaId share previousShare shareShift centroidShift } psiThreshold } }',
    );
    expect(drift.modelVersion).toBe(1);
    expect(drift.features.length).toBeGreaterThan(10);
    expect(drift.personas.length).toBeGreaterThan(0);
  });

  it('is cancelled by an admin and leaves nothing behind, then starts again', async () => {
    const before = await models();
    const id = await start();
    expect(await query(`mutation { cancelTraining(runId: "${id}") }`)).toEqual({ cancelTraining: true });
    expect(await ended(id)).toMatchObject({ state: 'CANCELLED', modelVersion: null });
    expect((await models()).map(({ version }) => version)).toEqual(before.map(({ version }) => version));
    expect(await query(`mutation { cancelTraining(runId: "${id}") }`)).toEqual({ cancelTraining: false });
    const again = await start();
    await query(`mutation { cancelTraining(runId: "${again}") }`);
  });
});

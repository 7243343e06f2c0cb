/** The audit log over the API: what admins change is recorded with who did it, and pseudonyms of erased users go. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE, BOB } from '../support/fake-services.js';

const LOG = '{ auditLog(first: 50) { nodes { actor { kind name } action target outcome } } }';

describe('the audit log', () => {
  let fake: FakeApi;

  beforeEach(async () => {
    fake = await startFakeApi();
  });
  afterEach(() => fake.close());

  const change = (mutation: string, token = fake.asAdmin) =>
    fake.query(`mutation { ${mutation} }`, { token });
  const entries = async () =>
    (await fake.query(LOG, { token: fake.asViewer })).data.auditLog.nodes as {
      actor: { kind: string; name: string | null };
      action: string;
      target: string | null;
      outcome: string;
    }[];

  it('records what an admin changes, newest first, also what is refused', async () => {
    await change('activateModel(version: 1) { __typename }');
    await change('activateModel(version: 9) { __typename }');
    await change('retrain { __typename }');
    await change('renamePersona(id: "seeker", label: "Finder") { __typename }');
    await change('importItems(items: [{ id: "x", title: "X" }]) { inserted }');
    await change('acknowledgeAlert(id: "drift-1") { __typename }');
    await change('deleteAccount(name: "Eve") { __typename }');
    const { data } = await change('createToken(role: VIEWER, label: "Shop") { info { id label } }');
    expect(data.createToken.info.label).toBe('Shop');
    const rows = await entries();
    expect(rows.map(({ action, target, outcome }) => [action, target, outcome])).toEqual([
      ['CREATE_TOKEN', data.createToken.info.id, 'DONE'],
      ['DELETE_ACCOUNT', 'Eve', 'REFUSED'],
      ['ACKNOWLEDGE_ALERT', 'drift-1', 'DONE'],
      ['IMPORT', 'items', 'DONE'],
      ['RENAME_PERSONA', 'seeker', 'DONE'],
      ['RETRAIN', 'run-1', 'DONE'],
      ['ACTIVATE_MODEL', '9', 'REFUSED'],
      ['ACTIVATE_MODEL', '1', 'DONE'],
    ]);
    expect(new Set(rows.map(({ actor }) => actor.kind))).toEqual(new Set(['TOKEN']));
    expect(rows[0]!.actor.name).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('records exports by an admin and erasures by anybody, without the pseudonym of an erased user', async () => {
    await change(`exportUser(userId: "${BOB}") { __typename }`);
    await change('exportUser { __typename }', fake.asAlice);
    await change('eraseUser { __typename }', fake.asAlice);
    const rows = await entries();
    expect(rows).toMatchObject([
      { actor: { kind: 'USER', name: null }, action: 'ERASE_USER', target: 'receipt-1' },
      { actor: { kind: 'TOKEN' }, action: 'EXPORT_USER', target: BOB },
    ]);
    expect(JSON.stringify(rows)).not.toContain(ALICE);
  });

  it('is paged, and refuses a cursor of another listing', async () => {
    for (const version of [1, 2, 3]) await change(`activateModel(version: ${version}) { __typename }`);
    const page = async (after: string | null) =>
      (
        await fake.query(
          'query ($after: String) { auditLog(first: 2, after: $after) { nodes { target } pageInfo { hasNextPage endCursor } } }',
          { token: fake.asAdmin, variables: { after } },
        )
      ).data.auditLog as {
        nodes: { target: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    const first = await page(null);
    expect(first.nodes.map(({ target }) => target)).toEqual(['3', '2']);
    const second = await page(first.pageInfo.endCursor);
    expect(second).toMatchObject({ nodes: [{ target: '1' }], pageInfo: { hasNextPage: false } });
  });

  it('does not fail a change when it cannot be written', async () => {
    const { store } = (fake.system.services.audit as unknown as { options: { store: { audit: object } } })
      .options;
    store.audit = { append: () => Promise.reject(new Error('disk full')) };
    const answer = await change('activateModel(version: 1) { __typename }');
    expect(answer.errors).toBeUndefined();
  });

  it('names the account that acted', async () => {
    const { accounts } = fake.system.services;
    const { path } = (await accounts.inviteFirst())!;
    const { sessionId } = await accounts.redeem(path.split('=')[1]!, 'Ada', 'correct horse battery');
    const response = await fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: fake.url,
        cookie: `smartpersona_session=${sessionId}`,
      },
      body: JSON.stringify({
        query: 'mutation { createAccount(name: "Vera", role: VIEWER) { ... on AccountInvitation { path } } }',
      }),
    });
    const { data } = (await response.json()) as { data: { createAccount: { path: string } } };
    expect(data.createAccount.path).toMatch(/^\/set-up\?code=[\w-]{43}$/);
    expect(await entries()).toMatchObject([
      { actor: { kind: 'ACCOUNT', name: 'Ada' }, action: 'CREATE_ACCOUNT', target: 'Vera', outcome: 'DONE' },
    ]);
  });
});

/** Who may ask what, for every root field of the schema, over HTTP and WebSocket. */

import type { ExecutionResult, GraphQLArgument, GraphQLField, GraphQLOutputType } from 'graphql';
import { getNamedType, isObjectType, isRequiredArgument, isUnionType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildApiSchema } from '../../server/resolvers/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE, BOB } from '../support/fake-services.js';

type Caller = 'anonymous' | 'alice' | 'bob' | 'viewer' | 'admin';
type Answer = 'ok' | 'UNAUTHENTICATED' | 'FORBIDDEN';

/** Fields anybody may use, fields for admins, and fields about one user; whatever is not named here must be for any token. */
const PUBLIC = ['dataset', 'demoUsers', 'demoSignIn'];
const ADMIN = [
  ...['accounts', 'createAccount', 'resetPassword', 'changeAccountRole', 'deleteAccount'],
  ...['auditLog', 'settings', 'changeAlertThresholds'],
  'tokens',
  'createToken',
  'revokeToken',
  ...['publishableKeys', 'createPublishableKey', 'revokePublishableKey'],
  ...['webhooks', 'createWebhook', 'deleteWebhook', 'testWebhook'],
  'users',
  'model',
  'models',
  'trainingRuns',
  'nextTrainingAt',
  'imports',
  'setup',
  'itemFigures',
  'updateItem',
  'events',
  'ingestion',
  'previewRecommendations',
  'importItems',
  'renamePersona',
  'retrain',
  'cancelTraining',
  'activateModel',
  'analytics',
  'analyticsUpdated',
  'trainingProgress',
  'alerts',
  'alerts',
  'acknowledgeAlert',
  'drift',
  'personaEvolution',
];
const ABOUT_ALICE = [
  'user',
  'recommendations',
  'sendFeedback',
  'recordEvents',
  'recommendationsUpdated',
  'personaChanged',
  'personaHistory',
  'exportUser',
  'eraseUser',
  'correctPersona',
  'counterfactual',
];
const ANY_TOKEN = [
  'me',
  'item',
  'items',
  'categories',
  'similarItems',
  'onboardingItems',
  'personas',
  'persona',
];

/** What hangs on the fields that anybody, or any token, may use. A type that is not named here must not get there. */
const OPEN_TO_ANYBODY = ['Dataset', 'DemoSession', 'DemoSignInRefused', 'DemoUser'];
const OPEN_TO_ANY_TOKEN = [
  'DistinctiveFeature',
  'FeatureValue',
  'Item',
  'ItemAttribute',
  'ItemConnection',
  'ItemEdge',
  'PageInfo',
  'Persona',
  'SimilarItem',
];

/** Values for required arguments, and for the ones that name Alice. */
const VALUES: Record<string, string> = {
  'user(id)': `"${ALICE}"`,
  'recommendations(userId)': `"${ALICE}"`,
  'recommendationsUpdated(userId)': `"${ALICE}"`,
  'personaChanged(userId)': `"${ALICE}"`,
  'sendFeedback(input)': `{ userId: "${ALICE}", itemId: "i1", value: UP }`,
  'recordEvents(events)': `[{ userId: "${ALICE}", type: VIEW, itemId: "i1" }]`,
  'item(id)': '"i1"',
  'itemFigures(itemIds)': '["i1"]',
  'updateItem(input)': '{ id: "i1", title: "Other" }',
  'previewRecommendations(version)': '1',
  'previewRecommendations(userId)': `"${ALICE}"`,
  'persona(id)': '"seeker"',
  'similarItems(itemId)': '"i1"',
  'importItems(items)': '[{ id: "x", title: "X" }]',
  'renamePersona(id)': '"seeker"',
  'renamePersona(label)': '"Finder"',
  'cancelTraining(runId)': '"run-1"',
  'activateModel(version)': '1',
  'personaHistory(userId)': `"${ALICE}"`,
  'exportUser(userId)': `"${ALICE}"`,
  'eraseUser(userId)': `"${ALICE}"`,
  'counterfactual(userId)': `"${ALICE}"`,
  'counterfactual(itemId)': '"i1"',
  'counterfactual(withoutItemId)': '"i2"',
  'correctPersona(userId)': `"${ALICE}"`,
  'correctPersona(personaId)': '"seeker"',
  'changeAlertThresholds(thresholds)': '{ psi: 0.3 }',
  'acknowledgeAlert(id)': '"drift-1"',
  'demoSignIn(userId)': `"${ALICE}"`,
  'createAccount(name)': '"Ada"',
  'createAccount(role)': 'ADMIN',
  'resetPassword(name)': '"Ada"',
  'changeAccountRole(name)': '"Ada"',
  'changeAccountRole(role)': 'VIEWER',
  'deleteAccount(name)': '"Ada"',
  'createToken(role)': 'USER',
  'createToken(userId)': `"${ALICE}"`,
  'revokeToken(id)': '"nothing"',
  'createPublishableKey(label)': '"Shop"',
  'createPublishableKey(origins)': '["https://shop.example"]',
  'revokePublishableKey(id)': '"nothing"',
  'createWebhook(url)': '"https://shop.example/hook"',
  'createWebhook(events)': '[ALERT_RAISED]',
  'deleteWebhook(id)': '"nothing"',
  'testWebhook(id)': '"nothing"',
};

const schema = buildApiSchema();
const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (root) => Object.values(root?.getFields() ?? {}).map((field) => ({ root: root?.name ?? '', field })),
);
const CALLERS: Caller[] = ['anonymous', 'alice', 'bob', 'viewer', 'admin'];

function expected(root: string, name: string, caller: Caller): Answer {
  if (PUBLIC.includes(name)) return 'ok';
  if (caller === 'anonymous') return 'UNAUTHENTICATED';
  // A viewer reads what an admin reads, and changes nothing.
  if (caller === 'viewer') return root === 'Mutation' ? 'FORBIDDEN' : 'ok';
  if (ADMIN.includes(name)) return caller === 'admin' ? 'ok' : 'FORBIDDEN';
  if (ABOUT_ALICE.includes(name)) return caller === 'bob' ? 'FORBIDDEN' : 'ok';
  return 'ok';
}

function operation(root: string, field: GraphQLField<unknown, unknown>): string {
  const values = field.args.flatMap((arg: GraphQLArgument) => {
    const value = VALUES[`${field.name}(${arg.name})`];
    if (value === undefined && isRequiredArgument(arg))
      throw new Error(`no value for ${field.name}(${arg.name})`);
    return value === undefined ? [] : [`${arg.name}: ${value}`];
  });
  const args = values.length === 0 ? '' : `(${values.join(', ')})`;
  return `${root.toLowerCase()} { ${field.name}${args} ${hasFields(field.type) ? '{ __typename }' : ''} }`;
}

/** Names of the object types that can be had through these root fields, however deep. */
function typesBehind(names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (type: GraphQLOutputType): void => {
    const named = getNamedType(type);
    if (isUnionType(named)) named.getTypes().forEach(visit);
    if (!isObjectType(named) || found.has(named.name)) return;
    found.add(named.name);
    for (const field of Object.values(named.getFields())) visit(field.type);
  };
  for (const { field } of fields) if (names.includes(field.name)) visit(field.type);
  return [...found].sort();
}

function hasFields(type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return isObjectType(named) || isUnionType(named);
}

describe('access', () => {
  let fake: FakeApi;
  const tokenOf = (caller: Caller): string | null =>
    ({ anonymous: null, alice: fake.asAlice, bob: fake.asBob, viewer: fake.asViewer, admin: fake.asAdmin })[
      caller
    ];

  beforeAll(async () => {
    fake = await startFakeApi();
  });
  afterAll(() => fake.close());

  it('is decided for every root field of the schema', () => {
    const decided = [...PUBLIC, ...ADMIN, ...ABOUT_ALICE, ...ANY_TOKEN].sort();
    expect(fields.map(({ field }) => field.name).sort()).toEqual(decided);
  });

  it('is decided for every type behind a field that anybody or any token may use', () => {
    expect(typesBehind(PUBLIC)).toEqual(OPEN_TO_ANYBODY);
    // Behind "me" is the caller's own.
    expect(typesBehind(ANY_TOKEN.filter((name) => name !== 'me'))).toEqual(OPEN_TO_ANY_TOKEN);
  });

  const overHttp = fields.filter(({ root }) => root !== 'Subscription');
  for (const { root, field } of overHttp) {
    it.each(CALLERS)(`answers ${root}.${field.name} about Alice as it should for %s`, async (caller) => {
      const answer = await fake.query(operation(root, field), { token: tokenOf(caller) });
      expect(answer.errors?.[0]?.extensions['code'] ?? 'ok').toBe(expected(root, field.name, caller));
    });
  }

  const overWebSocket = fields.filter(({ root }) => root === 'Subscription');
  for (const { root, field } of overWebSocket) {
    it.each(CALLERS.slice(1))(
      `opens ${root}.${field.name} about Alice as it should for %s`,
      async (caller) => {
        const results = fake.socket(tokenOf(caller)).iterate({ query: operation(root, field) });
        const first = results.next();
        if (expected(root, field.name, caller) === 'ok') {
          await expect.poll(() => fake.bus.size).toBeGreaterThan(0);
          fake.bus.publish('recommendations.updated', {
            userId: ALICE,
            cause: 'FEEDBACK',
            receivedAt: Date.now(),
          });
          fake.bus.publish('persona.changed', { userId: ALICE, modelVersion: 1 });
          fake.bus.publish('training.progressed', { runId: 'run-1' });
          fake.bus.publish('analytics.changed', { at: Date.now() });
          fake.bus.publish('alert.raised', { alertId: 'drift-1' });
          expect((await first).value).toMatchObject({
            data: { [field.name]: { __typename: expect.any(String) } },
          });
        } else {
          const { errors } = (await first).value as ExecutionResult;
          expect(errors?.[0]?.extensions['code']).toBe(expected(root, field.name, caller));
        }
        await results.return?.();
        await expect.poll(() => fake.bus.size).toBe(0);
      },
    );
  }

  it('lets a user leave its own id out, and asks an admin for one', async () => {
    const query = '{ recommendations { userId } }';
    expect((await fake.query(query, { token: fake.asAlice })).data.recommendations.userId).toBe(ALICE);
    expect((await fake.query(query, { token: fake.asBob })).data.recommendations.userId).toBe(BOB);
    const refused = await fake.query(query, { token: fake.asAdmin });
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'userId' });
  });

  it('refuses raw ids from an admin, so that none is stored', async () => {
    for (const userId of ['bob', '', ALICE.toUpperCase(), `${ALICE}a`]) {
      const answer = await fake.query(
        `mutation { recordEvents(events: [{ type: SEARCH, userId: "${userId}" }]) { recorded } }`,
        { token: fake.asAdmin },
      );
      expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'userId' });
    }
  });

  it('refuses a whole batch of events when one of them names another user, and records none', async () => {
    const before = fake.system.calls['record'];
    const answer = await fake.query(
      `mutation { recordEvents(events: [{ type: SEARCH }, { type: SEARCH, userId: "${ALICE}" }]) { recorded } }`,
      { token: fake.asBob },
    );
    expect(answer.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(fake.system.calls['record']).toBe(before);
  });

  it('signs in as a demo user while the data are synthetic, and ends such sessions when real data arrive', async () => {
    let now = Date.now();
    const demo = await startFakeApi({ now: () => now });
    const signIn = `mutation { demoSignIn(userId: "${ALICE}") { ... on DemoSession { token userId } ... on DemoSignInRefused { message } } }`;
    const { token, userId } = (await demo.query(signIn)).data.demoSignIn;
    expect(userId).toBe(ALICE);
    expect((await demo.query('{ me { role userId } }', { token })).data.me).toEqual({
      role: 'USER',
      userId: ALICE,
    });
    demo.system.isSynthetic = false;
    now += 60_000;
    expect((await demo.query(signIn)).data.demoSignIn.message).toContain('real data');
    expect((await demo.query('{ demoUsers { id } }')).data.demoUsers).toEqual([]);
    expect(await demo.query('{ me { role } }', { token })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    await demo.close();
  });
});

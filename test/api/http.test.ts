/** GraphQL over HTTP: limits, errors, malformed input, headers, health, the client's files. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { getIntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DatabaseUnavailableError, NoActiveModelError } from '../../server/domain/index.js';
import type { FakeApi, GraphQLAnswer } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';

const CODE = 'export {};';

describe('GraphQL over HTTP', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({ limits: { body: { maxBytes: 200_000 } } });
  });
  afterEach(() => {
    fake.system.failure = null;
    fake.logged.length = 0;
  });
  afterAll(() => fake.close());

  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it('explains every place of a list exactly', async () => {
    const { data } = await fake.query(
      '{ recommendations(first: 5) { items { rank score item { id title attributes { name value } } explanation { persona popularity sequence sequenceItem { id } items { contribution item { id } } otherItems total } } } }',
      { token: fake.asAlice },
    );
    expect(data.recommendations.items).toHaveLength(5);
    for (const { score, explanation } of data.recommendations.items) {
      const parts = explanation.items.map((entry: { contribution: number }) => entry.contribution);
      const { persona, popularity, sequence, sequenceItem, otherItems } = explanation;
      const sum = [persona, popularity, sequence, otherItems, ...parts].reduce((a, b) => a + b);
      expect(sequenceItem).toEqual({ id: 'i29' });
      expect(sum).toBeCloseTo(explanation.total, 6);
      expect(explanation.total).toBe(score);
    }
  });

  it('loads the items of many lists in one call', async () => {
    const before = fake.system.calls['itemsById'] ?? 0;
    await fake.query('{ users(first: 2) { nodes { recommendations { items { item { title } } } } } }', {
      token: fake.asAdmin,
    });
    expect(fake.system.calls['itemsById']).toBe(before + 1);
  });

  it('pages through a listing by cursor and refuses a cursor of another one by name', async () => {
    const page = (after: string | null, listing = 'items') =>
      fake.query(
        `query P($after: String) { ${listing}(first: 20, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
        {
          variables: { after },
          token: fake.asAdmin,
        },
      );
    const first = (await page(null)).data.items;
    const second = (await page(first.pageInfo.endCursor)).data.items;
    const ids = [...first.nodes, ...second.nodes].map(({ id }) => id);
    expect(new Set(ids).size).toBe(30);
    expect(second.pageInfo.hasNextPage).toBe(false);
    const refused = await page(first.pageInfo.endCursor, 'users');
    expect(refused.errors?.[0]).toMatchObject({
      message: 'This cursor belongs to "items", not to "users".',
      extensions: { code: 'INVALID_CURSOR' },
    });
  });

  it('answers a thumb on an unknown item and a second retrain with a refusal, not an error', async () => {
    const thumb = await fake.query(
      'mutation { sendFeedback(input: { itemId: "nothing", value: UP }) { __typename ... on UnknownItem { itemId message } } }',
      { token: fake.asAlice },
    );
    expect(thumb).toMatchObject({
      errors: undefined,
      data: { sendFeedback: { __typename: 'UnknownItem', itemId: 'nothing' } },
    });
    const retrain = 'mutation { retrain { __typename ... on AlreadyRunning { owner since } } }';
    await fake.query(retrain, { token: fake.asAdmin });
    expect((await fake.query(retrain, { token: fake.asAdmin })).data.retrain).toEqual({
      __typename: 'AlreadyRunning',
      owner: 'host-1',
      since: '2026-01-05T00:00:00.000Z',
    });
  });

  it('shows the thumbs that stand and not those taken back', async () => {
    const thumb = (itemId: string, value: string) =>
      fake.query(
        `mutation { sendFeedback(input: { itemId: "${itemId}", value: ${value} }) { __typename } }`,
        { token: fake.asBob },
      );
    await thumb('i7', 'UP');
    await thumb('i8', 'DOWN');
    await thumb('i7', 'NONE');
    const { data } = await fake.query('{ me { feedback { nodes { itemId value item { title } } } } }', {
      token: fake.asBob,
    });
    expect(data.me.feedback.nodes).toEqual([{ itemId: 'i8', value: 'DOWN', item: { title: 'Item 8' } }]);
  });

  it('reports events and items row by row', async () => {
    const events = [{ type: 'VIEW', itemId: 'i1' }, { type: 'VIEW' }, { type: 'VIEW', itemId: 'i1' }];
    const recorded = await fake.query(
      'mutation R($events: [EventInput!]!) { recordEvents(events: $events) { recorded duplicates rejected rows { index status reason } } }',
      { variables: { events }, token: fake.asAlice },
    );
    expect(recorded.data.recordEvents).toMatchObject({
      recorded: 1,
      duplicates: 1,
      rejected: 1,
      rows: [
        { status: 'RECORDED' },
        { status: 'REJECTED', reason: 'An item is needed.' },
        { status: 'DUPLICATE' },
      ],
    });
    const items = [
      { id: 'n1', title: 'New' },
      { id: '', title: 'x' },
      { id: 'n2', title: ' ' },
      { id: 'i1', title: 'Again', attributes: [{ name: '$where', value: '1' }] },
    ];
    const imported = await fake.query(
      'mutation I($items: [ItemInput!]!) { importItems(items: $items) { inserted updated rejected { index itemId reason } } }',
      { variables: { items }, token: fake.asAdmin },
    );
    expect(imported.data.importItems.inserted).toBe(1);
    expect(imported.data.importItems.rejected.map((row: { index: number }) => row.index)).toEqual([1, 2, 3]);
  });

  it('takes texts without the blanks around them, and of rows with one id the last', async () => {
    const { data } = await fake.query(
      'mutation I($items: [ItemInput!]!) { importItems(items: $items) { inserted updated unchanged rejected { index itemId reason } } }',
      {
        variables: {
          items: [
            { id: ' trimmed ', title: 'First' },
            { id: 'trimmed', title: ' Second ' },
            { id: 'half \ud83d', title: 'x' },
          ],
        },
        token: fake.asAdmin,
      },
    );
    expect(data.importItems).toMatchObject({
      inserted: 1,
      rejected: [
        { index: 0, itemId: 'trimmed', reason: 'Row 1 has the same id and is used instead.' },
        { index: 2, reason: 'The id holds half a character (an emoji cut in two).' },
      ],
    });
    const { data: found } = await fake.query('{ item(id: "trimmed") { title } }', { token: fake.asAdmin });
    expect(found.item.title).toBe('Second');
  });

  it('refuses integers that JSON has rounded, and does not repeat them', async () => {
    const document = 'query I($id: ID!) { item(id: $id) { id } }';
    // Written as text: a number literal of this size is rounded before it is sent.
    const body = `{"query":${JSON.stringify(document)},"variables":{"id":76561197970982479}}`;
    const headers = { authorization: `Bearer ${fake.asAlice}`, 'content-type': 'application/json' };
    const sent = await fetch(`${fake.url}/graphql`, { method: 'POST', headers, body });
    const query = new URLSearchParams({ query: document, variables: '{"id":76561197970982479}' });
    const asked = await fetch(`${fake.url}/graphql?${query}`, {
      headers: { ...headers, 'apollo-require-preflight': 'true' },
    });
    for (const response of [sent, asked]) {
      expect(response.status).toBe(400);
      const { errors } = (await response.json()) as { errors: { message: string }[] };
      expect(errors[0].message).toBe(
        'variables.id is a number beyond 2^53, whose last digits are lost in JSON; send it as a string.',
      );
    }
    const { data } = await fake.query(document, { variables: { id: 5 }, token: fake.asAlice });
    expect(data).toEqual({ item: null });
  });

  it('refuses more than 1,000 rows', async () => {
    const events = Array.from({ length: 1_001 }, () => ({ type: 'SEARCH' }));
    const answer = await fake.query(
      'mutation R($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
      {
        variables: { events },
        token: fake.asAlice,
      },
    );
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'events' });
  });

  it.each([
    [
      'too many aliases',
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'aliases hidden in fragments',
      `{ ...A ...B } fragment A on Query { ${Array.from({ length: 16 }, (_, i) => `a${i}: __typename`).join(' ')} } fragment B on Query { ${Array.from({ length: 16 }, (_, i) => `b${i}: __typename`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['too many directives', `{ __typename ${'@include(if: true)'.repeat(21)} }`, 'GRAPHQL_VALIDATION_FAILED'],
    ['too many tokens', `{ ${'__typename '.repeat(2_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    [
      'fragments in a circle',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'too costly lists',
      '{ users(first: 100) { nodes { recommendations(first: 100) { items { rank score item { id title } } } } } }',
      'QUERY_TOO_COMPLEX',
    ],
    [
      'many lists that are each ranked anew',
      `{ ${Array.from({ length: 15 }, (_, i) => `a${i}: recommendations(userId: "${ALICE}", first: ${i + 1}) { revision }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
    [
      'many diversified lists',
      `{ ${Array.from({ length: 8 }, (_, i) => `a${i}: recommendations(userId: "${ALICE}", first: 100, diversity: 0.${i + 1}) { revision }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
    [
      'many lists of similar items',
      `{ ${Array.from({ length: 15 }, (_, i) => `a${i}: similarItems(itemId: "i${i}") { similarity }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
    [
      'many counterfactuals',
      `{ ${Array.from({ length: 15 }, (_, i) => `a${i}: counterfactual(userId: "${ALICE}", itemId: "i1", withoutItemId: "i${i}") { rankAfter }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
    ['a page too large', '{ items(first: 101) { nodes { id } } }', 'INVALID_INPUT'],
    ['a page of nothing', '{ items(first: 0) { nodes { id } } }', 'INVALID_INPUT'],
    ['a negative page', '{ items(first: -5) { nodes { id } } }', 'INVALID_INPUT'],
    [
      'recursive introspection',
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('keeps the limits: %s', async (_what, query, code) => {
    const answer = await fake.query(query, { token: fake.asAdmin });
    expect(answer.errors?.[0]?.extensions['code'] ?? null).toBe(code);
    expect(answer.status).toBeLessThan(500);
  });

  it('bounds the depth, through fragments as well, and lets the usual introspection pass', async () => {
    const shallow = await startFakeApi({ limits: { document: { maxDepth: 3 } } });
    const deep = '{ users { ...A } } fragment A on UserConnection { nodes { persona { persona { id } } } }';
    const refused = await shallow.query(deep, { token: shallow.asAdmin });
    expect(refused.errors?.map(({ message }) => message)).toEqual([
      'The operation is nested deeper than 3 fields.',
    ]);
    expect(
      (await shallow.query('{ users { nodes { id } } }', { token: shallow.asAdmin })).errors,
    ).toBeUndefined();
    expect((await shallow.query(getIntrospectionQuery())).errors).toBeUndefined();
    await shallow.close();
  });

  it('counts the cost of diversity and filters that come as variables, whatever came before', async () => {
    const fields = Array.from(
      { length: 14 },
      (_, i) => `a${i}: recommendations(first: 1, diversity: $d, filter: $f) { revision }`,
    );
    const query = `query C($d: Float!, $f: RecommendationFilterInput) { ${fields.join(' ')} }`;
    const codeOf = async (variables: object) =>
      (await fake.query(query, { token: fake.asAlice, variables: { ...variables } })).errors?.[0]?.extensions[
        'code'
      ];
    expect(await codeOf({ d: 0 })).toBeUndefined();
    expect(await codeOf({ d: 0.5 })).toBeUndefined();
    expect(await codeOf({ d: 0, f: { categories: ['odd'] } })).toBe('QUERY_TOO_COMPLEX');
    expect(await codeOf({ d: 0 })).toBeUndefined();
  });

  it('counts the cost of list sizes that come as variables', async () => {
    const query =
      'query C($n: Int!, $m: Int!) { users(first: $n) { nodes { recommendations(first: $m) { items { rank score item { id title } } } } } }';
    expect(
      (await fake.query(query, { token: fake.asAdmin, variables: { n: 2, m: 2 } })).errors,
    ).toBeUndefined();
    const refused = await fake.query(query, { token: fake.asAdmin, variables: { n: 100, m: 100 } });
    expect(refused.errors?.[0]?.extensions['code']).toBe('QUERY_TOO_COMPLEX');
    const malformed = await fake.query(query, { token: fake.asAdmin, variables: { n: 'x', m: 2 } });
    expect(malformed).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it.each([
    ['a field', '{ mee { role } }', {}],
    [
      'an enum value in a variable',
      'mutation M($v: Opinion!) { sendFeedback(input: { itemId: "i1", value: $v }) { __typename } }',
      { v: 'UPP' },
    ],
    [
      'an input field in a variable',
      'mutation M($i: SendFeedbackInput!) { sendFeedback(input: $i) { __typename } }',
      { i: { itemId: 'i1', value: 'UP', itemIdd: 1 } },
    ],
  ])('suggests no names for a misspelt name of %s', async (_what, query, variables) => {
    const answer = await fake.query(query, { token: fake.asAlice, variables });
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer.errors)).not.toContain('Did you mean');
  });

  it('says that a failure of the database may be retried', async () => {
    fake.system.failure = new DatabaseUnavailableError({ cause: new Error('connect ECONNREFUSED 10.0.0.7') });
    const answer = await fake.query('{ items { nodes { id } } }', { token: fake.asAlice });
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'DATABASE_UNAVAILABLE', retriable: true });
    expect(JSON.stringify(answer)).not.toContain('10.0.0.7');
  });

  it('says that nothing has been trained yet', async () => {
    fake.system.failure = new NoActiveModelError();
    const answer = await fake.query('{ recommendations { listId } }', { token: fake.asAlice });
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'NO_ACTIVE_MODEL', retriable: true });
  });

  it('shows an unexpected failure as a reference and logs it once', async () => {
    fake.system.failure = new TypeError('secret detail');
    const answer = await fake.query('{ items { nodes { id } } }', { token: fake.asAlice });
    expect(answer.errors).toEqual([
      {
        message: 'Internal server error',
        locations: expect.any(Array),
        path: ['items'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', reference: expect.any(String) },
      },
    ]);
    expect(fake.logged).toEqual([
      expect.objectContaining({
        reference: answer.errors?.[0]?.extensions['reference'],
        err: fake.system.failure,
      }),
    ]);
  });

  it.each([
    ['bad JSON', '{', {}, 400],
    ['an empty body', '', {}, 400],
    ['a body that is no object', '7', {}, 400],
    ['a batch', '[{"query":"{ __typename }"}]', {}, 400],
    ['a query that is no string', '{"query":7}', {}, 400],
    ['variables that are no object', '{"query":"{ __typename }","variables":[]}', {}, 400],
    ['a body too large', `{"query":"${' '.repeat(200_001)}"}`, {}, 413],
    [
      'an unknown charset',
      '{"query":"{ __typename }"}',
      { 'content-type': 'application/json; charset=nothing' },
      415,
    ],
    ['a compressed body', '{"query":"{ __typename }"}', { 'content-encoding': 'gzip' }, 415],
    ['a form', 'query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['plain text', '{"query":"{ __typename }"}', { 'content-type': 'text/plain' }, 400],
  ])('answers %s with JSON and the caller to blame', async (_what, body, headers, status) => {
    const response = await post(body, headers as Record<string, string>);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(text).errors[0].message).toEqual(expect.any(String));
    expect(text).not.toMatch(/node_modules|at \w+ \(/);
    expect(fake.logged).toEqual([]);
  });

  it('sends subscriptions to the WebSocket', async () => {
    const answer = await fake.query('subscription { recommendationsUpdated { cause } }', {
      token: fake.asAlice,
    });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('refuses requests a page of another site could forge', async () => {
    const response = await fetch(`${fake.url}/graphql?query=${encodeURIComponent('{ __typename }')}`);
    expect(response.status).toBe(400);
  });

  it('bounds the rate of one identity and of callers without a token', async () => {
    const slow = await startFakeApi({ limits: { rate: { perIdentity: 3, perAnonymousAddress: 2 } } });
    const burst = async (token: string | null): Promise<number[]> => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => slow.query('{ __typename }', { token })),
      );
      return answers.map(({ status }) => status);
    };
    for (const token of [slow.asAlice, null, 'forged']) expect(await burst(token)).toContain(429);
    expect((await slow.query('{ __typename }', { token: slow.asBob })).status).toBe(200);
    await slow.close();
  });

  it('hides the schema in production', async () => {
    const production = await startFakeApi({ isProduction: true });
    const answer = await production.query('{ __schema { types { name } } }', { token: production.asAdmin });
    expect(answer.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    await production.close();
  });

  it('compresses long answers for callers that accept it, and leaves short ones alone', async () => {
    const ask = async (first: number, encoding: string) => {
      const query = `{ items(first: ${first}) { nodes { id title tags } } }`;
      const response = await post(JSON.stringify({ query }), {
        'accept-encoding': encoding,
        authorization: `Bearer ${fake.asAlice}`,
      });
      expect((await response.json()).data.items.nodes).toHaveLength(first);
      return response.headers.get('content-encoding');
    };
    expect(await ask(30, 'gzip')).toBe('gzip');
    expect(await ask(30, 'identity')).toBeNull();
    expect(await ask(1, 'gzip')).toBeNull();
  });

  it('sends strict security headers and does not say what it is made of', async () => {
    const { headers } = await fake.query('{ __typename }');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets pages of allowed origins call it and no others', async () => {
    const shop = await startFakeApi({ allowedOrigins: ['https://shop.example'] });
    const requested = 'apollographql-client-name,content-type,traceparent';
    const preflight = async (origin: string): Promise<Headers> => {
      const headers = { origin, 'access-control-request-headers': requested };
      return (await fetch(`${shop.url}/graphql`, { method: 'OPTIONS', headers })).headers;
    };
    const allowed = await preflight('https://shop.example');
    expect(allowed.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(allowed.get('access-control-allow-headers')).toBe(requested);
    expect(allowed.get('access-control-expose-headers')).toBe('retry-after');
    expect(allowed.get('vary')).toBe('Origin, Access-Control-Request-Headers');
    expect((await preflight('https://evil.example')).get('access-control-allow-origin')).toBeNull();
    await shop.close();
  });

  it('tells health and metrics', async () => {
    const get = (path: string): Promise<Response> => fetch(fake.url + path);
    expect((await get('/health/live')).status).toBe(200);
    expect(await (await get('/health/ready')).json()).toEqual({
      isReady: true,
      database: 'up',
      modelVersion: 1,
    });
    fake.system.failure = new DatabaseUnavailableError();
    const unready = await get('/health/ready');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toMatchObject({ isReady: false, database: 'down' });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('smartpersona_graphql_request_seconds_count');
    expect(metrics).toContain('smartpersona_websockets 0');
    expect(metrics).toContain('smartpersona_model_version 1');
    expect(metrics).toContain('smartpersona_thumbs_total 2');
    expect((await get('/nothing')).status).toBe(404);
  });

  it('gives metrics to those with the token, else on the machine itself outside production', async () => {
    const metricsToken = 'scrape-me-if-you-can';
    const guarded = await startFakeApi({ metricsToken, isProduction: true });
    const production = await startFakeApi({ isProduction: true });
    const status = async ({ url }: { url: string }, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers })).status;
    expect(await status(guarded)).toBe(401);
    expect(await status(guarded, { authorization: `Bearer ${guarded.asAdmin}` })).toBe(401);
    expect(await status(guarded, { authorization: `Bearer ${metricsToken}` })).toBe(200);
    expect(await status(production)).toBe(404);
    expect(await status(fake)).toBe(200);
    // From a proxy on this machine, for a caller elsewhere.
    expect(await status(fake, { 'x-forwarded-for': '203.0.113.7' })).toBe(404);
    await Promise.all([guarded.close(), production.close()]);
  });

  it('serves the client, its page for every path, and nothing outside its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smartpersona-client-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>client</title>');
    await writeFile(join(folder, 'assets', 'app-1a2b.js'), CODE);
    const code = { 'app-1a2b.js.br': brotliCompressSync(CODE), 'app-1a2b.js.gz': gzipSync(CODE) };
    for (const [name, bytes] of Object.entries(code)) await writeFile(join(folder, 'assets', name), bytes);
    const served = await startFakeApi({ clientDir: folder });
    const get = (path: string, accept = 'text/html'): Promise<Response> =>
      fetch(served.url + path, { headers: { accept }, redirect: 'manual' });
    for (const path of ['/', '/admin/models']) {
      const page = await get(path);
      expect(await page.text()).toBe('<title>client</title>');
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const head = await fetch(served.url + path, { method: 'HEAD', headers: { accept: 'text/html' } });
      expect(head.status).toBe(200);
    }
    expect((await get('/assets/app-1a2b.js')).headers.get('cache-control')).toContain('immutable');
    for (const encoding of ['br', 'gzip']) {
      const asset = await fetch(`${served.url}/assets/app-1a2b.js`, {
        headers: { 'accept-encoding': encoding },
      });
      expect(asset.headers.get('content-encoding')).toBe(encoding);
      expect(asset.headers.get('cache-control')).toContain('immutable');
      expect(await asset.text()).toBe(CODE);
    }
    expect((await get('/assets/gone.js', '*/*')).status).toBe(404);
    expect((await get('/%2e%2e/%2e%2e/etc/passwd', '*/*')).status).toBe(404);
    await served.close();
    await rm(folder, { recursive: true });
  });

  it('shows the explorer outside production only, and loosens no policy for it but its fonts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smartpersona-explorer-'));
    await writeFile(join(folder, 'index.html'), '<title>explorer</title>');
    const pages = { explorerDir: folder, clientDir: folder };
    const policyOf = async (server: FakeApi, path: string): Promise<[number, string | null]> => {
      const response = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      return [response.status, response.headers.get('content-security-policy')];
    };
    const open = await startFakeApi(pages);
    const [status, policy] = await policyOf(open, '/graphiql');
    expect([status, policy?.replaceAll(' data:', '')]).toEqual([
      200,
      (await policyOf(open, '/'))[1]?.replaceAll(' data:', ''),
    ]);
    expect((await policyOf(open, '/'))[1]).toContain("font-src 'self';");
    expect((await policyOf(open, '/graphiql/nothing.js'))[0]).toBe(404);
    await open.close();
    for (const closing of [{ isProduction: true }, { isPersistedOnly: true }]) {
      const closed = await startFakeApi({ ...pages, ...closing });
      expect((await policyOf(closed, '/graphiql'))[0]).toBe(404);
      expect((await policyOf(closed, '/graphiql/index.html'))[0]).toBe(404);
      await closed.close();
    }
    await rm(folder, { recursive: true });
  });

  it('refuses what is more than it can serve with 503, serves what waits, and is itself again afterwards', async () => {
    const gate = { maxInFlight: 1, maxWaiting: 2, maxWaitMs: 60_000, overloadMs: 60_000 };
    const flooded = await startFakeApi({ limits: { gate } });
    const release = holdItems(flooded);
    const ask = () => flooded.query('{ items { nodes { id } } }', { token: flooded.asAlice });
    const answers: GraphQLAnswer[] = [];
    const asked = Array.from({ length: 10 }, () => ask().then((answer) => answers.push(answer)));
    await expect.poll(() => answers.length).toBe(7);
    for (const { status, headers, errors } of answers) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(errors?.[0].extensions).toEqual({ code: 'OVERLOADED', retriable: true });
    }
    for (const path of ['/health/live', '/health/ready']) {
      expect((await fetch(flooded.url + path)).status).toBe(200);
    }
    const metrics = await (await fetch(`${flooded.url}/metrics`)).text();
    expect(metrics).toContain('smartpersona_refused_total{reason="overload"} 7');
    release();
    await Promise.all(asked);
    expect(answers.slice(7).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask()).status).toBe(200);
    await flooded.close();
  });

  it('refuses a request that has waited for too long', async () => {
    const gate = { maxInFlight: 1, maxWaiting: 10, maxWaitMs: 20, burstMs: 100 };
    const flooded = await startFakeApi({ limits: { gate } });
    const release = holdItems(flooded);
    const ask = () => flooded.query('{ items { nodes { id } } }', { token: flooded.asAlice });
    const first = ask();
    await expect.poll(() => flooded.system.calls['items'] ?? 0).toBe(1);
    expect((await ask()).errors?.[0].extensions['code']).toBe('OVERLOADED');
    release();
    expect((await first).status).toBe(200);
    await flooded.close();
  });

  it('says on every connection that it ends, and refuses what is new meanwhile', async () => {
    const going = await startFakeApi();
    // Connections that are kept.
    await Promise.all(Array.from({ length: 4 }, () => going.query('{ me { role } }')));
    const release = holdItems(going);
    const running = going.query('{ items { nodes { id } } }', { token: going.asAlice });
    await expect.poll(() => going.system.calls['items'] ?? 0).toBe(1);
    const closing = going.api.close();
    const late = await going.query('{ me { role } }', { token: going.asAlice });
    expect([late.status, late.headers.get('connection')]).toEqual([503, 'close']);
    expect(late.errors?.[0].extensions).toEqual({ code: 'SHUTTING_DOWN', retriable: true });
    expect((await fetch(`${going.url}/health/ready`)).status).toBe(503);
    release();
    const answer = await running;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await closing;
  });

  it('lets a running request end before it closes', async () => {
    const going = await startFakeApi();
    const running = going.query('{ items { nodes { id } } }', { token: going.asAlice });
    await expect.poll(() => going.system.calls['items'] ?? 0).toBe(1);
    const closing = going.api.close();
    expect((await running).status).toBe(200);
    await closing;
    await expect(fetch(`${going.url}/health/live`)).rejects.toThrow();
  });
});

/** Lets every query of items wait until the function is called. */
function holdItems({ system }: FakeApi): () => void {
  const { catalogue } = system.services;
  const { items } = catalogue;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  system.calls['items'] = 0;
  const slow: typeof items = async (request) => {
    system.calls['items'] += 1;
    await held;
    return items(request);
  };
  Object.assign(catalogue, { items: slow });
  return release;
}

/** The kit for frontends, against a real server: it goes on through lost connections, restarts and expired tokens. */

import { createHash } from 'node:crypto';

import { print } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import {
  createClient,
  followRecommendations,
  RecommendationsDocument,
  type RequestFailedError,
  SendFeedbackDocument,
  TrainingRunsDocument,
  type Client,
  type RankedListFragment,
} from '../../client/sdk/index.js';
import { readManifest } from '../../server/api/index.js';
import { startFakeApi, type FakeApi } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { freePort } from '../../server/database/server-program.js';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(options: Parameters<typeof startFakeApi>[0] = {}): Promise<FakeApi> {
  const fake = await startFakeApi(options);
  open.push(fake);
  return fake;
}

function connect(fake: FakeApi, token: (refused?: string) => string | null = () => fake.asAlice): Client {
  const client = createClient({ url: `${fake.url}/graphql`, token, webSocketImpl: WebSocket });
  open.push(client);
  return client;
}

/** Follows the list of the client's user and keeps what it was told. */
function follow(client: Client) {
  const lists: RankedListFragment[] = [];
  const errors: RequestFailedError[] = [];
  const end = followRecommendations(client, {
    first: 3,
    onList: (list) => lists.push(list),
    onError: (error) => errors.push(error),
  });
  return { lists, errors, end };
}

const thumb = (client: Client, itemId: string) =>
  client.request(SendFeedbackDocument, { input: { itemId, value: 'DOWN' } });

describe('the kit for frontends', () => {
  it('shows the list, and the newer one after a thumb', async () => {
    const fake = await start();
    const client = connect(fake);
    const { lists, end } = follow(client);
    await expect.poll(() => lists.at(-1)?.items.map(({ item }) => item.id)).toEqual(['i0', 'i1', 'i2']);
    await expect.poll(() => fake.bus.size).toBe(1);
    const answer = await thumb(client, 'i0');
    expect(answer.sendFeedback.__typename).toBe('FeedbackAccepted');
    await expect.poll(() => lists.at(-1)?.items.map(({ item }) => item.id)).toEqual(['i1', 'i2', 'i3']);
    end();
    await expect.poll(() => fake.bus.size).toBe(0);
  });

  it('never goes back to an older list', async () => {
    const fake = await start();
    const { lists } = follow(connect(fake));
    await expect.poll(() => fake.bus.size).toBe(1);
    for (const itemId of ['i0', 'i1', 'i2']) await thumb(connect(fake), itemId);
    await expect.poll(() => lists.at(-1)?.revision).toBe(3);
    const revisions = lists.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  it('asks again when a lost connection is back, for what was missed meanwhile', async () => {
    const port = await freePort();
    const before = await startFakeApi({ port });
    const states: string[] = [];
    const client = createClient({
      url: `${before.url}/graphql`,
      token: () => before.asAlice,
      webSocketImpl: WebSocket,
      onConnection: (state) => states.push(state),
    });
    open.push(client);
    const { lists } = follow(client);
    await thumb(client, 'i0');
    await expect.poll(() => lists.at(-1)?.revision).toBe(1);
    await before.close();
    await expect.poll(() => states).toContain('lost');

    // The server that comes back counts from the beginning; its answer is taken all the same.
    const after = await startFakeApi({ port });
    open.push(after);
    await expect.poll(() => lists.at(-1)?.revision, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => after.bus.size, { timeout: 20_000 }).toBe(1);
    await thumb(client, 'i0');
    await expect.poll(() => lists.at(-1)?.items.map(({ item }) => item.id)).toEqual(['i1', 'i2', 'i3']);
  });

  it('asks for another token when the server turns one down, over HTTP and WebSocket', async () => {
    const fake = await start();
    const refusedTokens: (string | undefined)[] = [];
    let token = 'expired';
    const client = connect(fake, (refused) => {
      refusedTokens.push(refused);
      if (refused === token) token = fake.asAlice;
      return token;
    });
    const { lists } = follow(client);
    await expect.poll(() => lists.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect.poll(() => fake.bus.size, { timeout: 10_000 }).toBe(1);
    expect(refusedTokens).toContain('expired');
    expect(lists.at(-1)?.items).toHaveLength(3);
  });

  it('goes on when the token of an open connection ends', async () => {
    const fake = await start();
    const { token: short } = await fake.tokens.sign({ role: 'user', userId: ALICE, ttlSeconds: 2 });
    const client = connect(fake, (refused) => (refused === undefined ? short : fake.asAlice));
    const { lists, errors } = follow(client);
    await expect.poll(() => lists.length).toBeGreaterThan(0);
    const nBefore = lists.length;
    // Closed with 4403, opened with the new token, asked again.
    await expect.poll(() => lists.length, { timeout: 20_000 }).toBeGreaterThan(nBefore);
    expect(errors).toEqual([]);
  });

  it('tells of a refusal once, and stops', async () => {
    const fake = await start();
    const client = connect(fake, () => null);
    const { errors, lists } = follow(client);
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(['UNAUTHENTICATED']);
    expect(lists).toEqual([]);
    const user = connect(fake);
    await expect(user.request(TrainingRunsDocument, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('sends hashes where operations are registered, and texts where they are not', async () => {
    const texts = [RecommendationsDocument, TrainingRunsDocument].map((document) => print(document));
    const bare = await start();
    const list = await connect(bare).request(RecommendationsDocument, { first: 2 });
    expect(list.recommendations.items).toHaveLength(2);

    const manifest = Object.fromEntries(
      texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]),
    );
    const other = await start({ operations: readManifest(JSON.stringify(manifest)), isPersistedOnly: true });
    // Registered by its text, under another hash than the kit knows.
    expect(
      (await connect(other).request(RecommendationsDocument, { first: 2 })).recommendations.items,
    ).toHaveLength(2);
    await expect(thumb(connect(other), 'i1')).rejects.toMatchObject({ code: 'PERSISTED_QUERY_REQUIRED' });
  });
});

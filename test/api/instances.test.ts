/** Two equal instances on one database: what one takes in, the sockets of the other hear of, once. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { Subscription } from '../support/api-client.js';
import { askFor, subscribe } from '../support/api-client.js';
import type { CuttableProxy } from '../support/cuttable-proxy.js';
import { startCuttableProxy } from '../support/cuttable-proxy.js';
import { freshDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const LIST = 'list { userId modelVersion items { item { id } score } }';
const ITEMS = '{ recommendations(first: 10) { userId modelVersion revision items { item { id } score } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { ... on FeedbackAccepted { list { items { item { id } score } } } } }`;
const UPDATED = `subscription { recommendationsUpdated(first: 10) { cause ${LIST} } }`;

const IMPORT_ITEMS =
  'mutation ($items: [ItemInput!]!) { importItems(items: $items) { updated rejected { index } } }';

interface List {
  userId: string;
  /** Asked for by query alone. */
  revision?: number;
  modelVersion: number;
  items: { item: { id: string }; score: number }[];
}
interface Update {
  recommendationsUpdated: { cause: string; list: List };
}

const idsOf = ({ items }: Pick<List, 'items'>) => items.map(({ item }) => item.id);

describe('two instances on one database', () => {
  let a: TestServer;
  let b: TestServer;
  let proxy: CuttableProxy;
  let env: Record<string, string>;
  let throughProxy: string;
  let admin: string;

  beforeAll(async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    const { hostname, port } = new URL(mongoUri);
    proxy = await startCuttableProxy({ host: hostname, port: Number(port) });
    const detour = new URL(mongoUri);
    detour.port = String(proxy.port);
    throughProxy = detour.href;
    env = {
      SMARTPERSONA_PEPPER: randomBytes(32).toString('hex'),
      SMARTPERSONA_SECRET: randomBytes(32).toString('hex'),
    };
    a = await startTestServer({ mongoUri, seedUsers: 120, env });
    b = await startTestServer({ mongoUri: throughProxy, seedUsers: 0, env });
    admin = (await a.run('token', '--role', 'admin')).trim();
  });

  afterAll(async () => {
    await a?.stop();
    await b?.stop();
    await proxy?.close();
  });

  async function someone(rawId: string): Promise<string> {
    return (await a.run('token', '--role', 'user', '--user', rawId)).trim();
  }
  const listOn = async ({ url }: TestServer, token: string) =>
    (await askFor<{ recommendations: List }>(url, token, ITEMS)).recommendations;
  const thumbOn = async ({ url }: TestServer, token: string, itemId: string, value = 'UP') =>
    (await askFor<{ sendFeedback: { list: List } }>(url, token, SEND, { input: { itemId, value } }))
      .sendFeedback.list;

  /** A thumb back and forth until the push of a later one shows that nothing before it is still under way. */
  async function nothingMore(updates: Subscription<Update>, token: string): Promise<Update[]> {
    const before = [...updates.waiting];
    updates.waiting.length = 0;
    const { items } = await listOn(a, token);
    await thumbOn(a, token, items[0].item.id, 'DOWN');
    await updates.next();
    return before;
  }

  it('push a thumb on the one to the sockets of the other, the same list and once', async () => {
    const token = await someone('between');
    const updates = await subscribe<Update>(b.wsUrl, token, UPDATED);
    try {
      // B remembers the user as it was.
      const before = await listOn(b, token);
      const answer = await thumbOn(a, token, before.items[3].item.id);
      const pushed = (await updates.next()).recommendationsUpdated;
      expect(pushed.cause).toBe('FEEDBACK');
      expect(pushed.list.items).toEqual(answer.items);
      expect(await listOn(b, token)).toMatchObject({ items: answer.items });

      const undone = await thumbOn(b, token, before.items[3].item.id, 'NONE');
      expect(idsOf(undone)).toEqual(idsOf(before));
      expect(idsOf((await updates.next()).recommendationsUpdated.list)).toEqual(idsOf(before));
      await waitFor(async () => idsOf(await listOn(a, token)).join() === idsOf(before).join(), 'A undoes it');
      expect(await nothingMore(updates, token)).toEqual([]);
    } finally {
      await updates.close();
    }
  });

  it('push what is recorded on the one to the sockets of the other', async () => {
    const token = await someone('buyer');
    const updates = await subscribe<Update>(b.wsUrl, token, UPDATED);
    try {
      const { items } = await listOn(b, token);
      const bought = items[0].item.id;
      const events = [{ type: 'PURCHASE', itemId: bought, value: 3 }];
      await askFor(
        a.url,
        token,
        'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
        { events },
      );
      const { cause, list } = (await updates.next()).recommendationsUpdated;
      expect(cause).toBe('EVENTS');
      expect(idsOf(list)).not.toContain(bought);
    } finally {
      await updates.close();
    }
  });

  it('take an item that is switched off out of every list, and push those that held it', async () => {
    const token = await someone('stock');
    const unmoved = await someone('not concerned');
    const [onA, onB] = [await listOn(a, token), await listOn(b, token)];
    const { items } = onA;
    const gone = items[0].item.id;
    expect(idsOf(onB)).toContain(gone);
    const [updatesA, updatesB] = [
      await subscribe<Update>(a.wsUrl, token, UPDATED),
      await subscribe<Update>(b.wsUrl, token, UPDATED),
    ];
    const narrow = `subscription { recommendationsUpdated(first: 10, filter: {excludeItemIds: ["${gone}"]}) { cause ${LIST} } }`;
    const others = await subscribe<Update>(b.wsUrl, unmoved, narrow);
    const switchTo = (isAvailable: boolean) =>
      askFor(a.url, admin, IMPORT_ITEMS, {
        items: [{ id: gone, title: 'Off and on', category: 'Any', tags: [], isAvailable }],
      });
    try {
      await switchTo(false);
      for (const updates of [updatesA, updatesB]) {
        const { cause, list } = (await updates.next()).recommendationsUpdated;
        expect(cause).toBe('CATALOGUE');
        expect(idsOf(list)).not.toContain(gone);
      }
      for (const server of [a, b]) {
        const now = await listOn(server, token);
        expect(idsOf(now)).not.toContain(gone);
        expect(now.revision).toBeGreaterThan(onA.revision!);
      }
      await switchTo(true);
      for (const updates of [updatesA, updatesB]) {
        expect(idsOf((await updates.next()).recommendationsUpdated.list)).toContain(gone);
      }
      expect(await nothingMore(others, unmoved)).toEqual([]);
    } finally {
      await Promise.all([updatesA.close(), updatesB.close(), others.close()]);
    }
  });

  it('list an item imported on the one on both, without a training, with the item it is like and an exact sum', async () => {
    const token = await someone('curious');
    const content = 'id title category tags';
    const { recommendations } = await askFor<{
      recommendations: { items: { item: { id: string; category: string; tags: string[] } }[] };
    }>(a.url, token, `{ recommendations(first: 10) { items { item { ${content} } } } }`);
    // Liked, so that the new item is like an item of the history.
    const { id, category, tags } = recommendations.items.find(({ item }) => item.tags.length > 0)!.item;
    await thumbOn(a, token, id);
    await askFor(a.url, admin, IMPORT_ITEMS, {
      items: [{ id: 'just-in', title: 'Just in', category, tags }],
    });
    // Among its category: its place in the whole catalogue depends on the simulated users.
    const query = `query ($category: String!) { recommendations(first: 100, filter: { categories: [$category] }) { items { score item { id } explanation {
      persona popularity sequence otherItems total newLikeItem { category } items { contribution } } } } }`;
    interface Explained {
      score: number;
      item: { id: string };
      explanation: Record<'persona' | 'popularity' | 'sequence' | 'otherItems' | 'total', number> & {
        newLikeItem: { category: string } | null;
        items: { contribution: number }[];
      };
    }
    for (const { url } of [a, b]) {
      let rows: Explained[] = [];
      await waitFor(async () => {
        const answer = await askFor<{ recommendations: { items: Explained[] } }>(url, token, query, {
          category,
        });
        rows = answer.recommendations.items;
        return rows.some(({ item }) => item.id === 'just-in');
      }, 'the new item is listed');
      for (const { score, item, explanation } of rows) {
        const { persona, popularity, sequence, otherItems, items, newLikeItem } = explanation;
        const parts = items.reduce((sum, { contribution }) => sum + contribution, 0);
        expect(Math.abs(persona + popularity + sequence + otherItems + parts - score)).toBeLessThan(1e-6);
        expect(newLikeItem?.category ?? null).toBe(item.id === 'just-in' ? category : null);
      }
    }
  });

  it('follow the items that a command imports in a process of its own', async () => {
    const token = await someone('imported');
    const before = await listOn(b, token);
    const gone = idsOf(before).slice(0, 2);
    const updates = await subscribe<Update>(b.wsUrl, token, UPDATED);
    const folder = await mkdtemp(join(tmpdir(), 'smartpersona-'));
    const fresh = Array.from({ length: 200 }, (_, n) => `fresh-${n},New ${n},Any,true`);
    const off = gone.map((itemId) => `${itemId},Gone,Any,false`);
    try {
      await writeFile(
        join(folder, 'items.csv'),
        ['itemId,title,category,available', ...fresh, ...off].join('\n'),
      );
      await a.run('import', '--items', join(folder, 'items.csv'));
      const { cause, list } = (await updates.next()).recommendationsUpdated;
      expect(cause).toBe('CATALOGUE');
      for (const server of [a, b]) {
        await waitFor(
          async () => !idsOf(await listOn(server, token)).some((id) => gone.includes(id)),
          'they leave',
        );
        expect(idsOf(await listOn(server, token)).length).toBe(10);
      }
      expect(list.items.length).toBe(10);
      const similar = 'query ($itemId: ID!) { similarItems(itemId: $itemId, first: 5) { item { id } } }';
      const of = async (itemId: string) =>
        (await askFor<{ similarItems: { item: { id: string } }[] | null }>(b.url, token, similar, { itemId }))
          .similarItems;
      expect(await of('fresh-1')).toEqual([]);
      expect(await of('never heard of')).toBeNull();
      expect((await of(idsOf(list)[0]))!.map(({ item }) => item.id)).not.toContain(gone[0]);
    } finally {
      await updates.close();
      await rm(folder, { recursive: true });
    }
  });

  it('lose nothing and repeat nothing when one of them is cut off from the database for a while', async () => {
    const token = await someone('cut off');
    const updates = await subscribe<Update>(b.wsUrl, token, UPDATED);
    try {
      const { items } = await listOn(b, token);
      await thumbOn(a, token, items[0].item.id);
      await updates.next();

      proxy.cut();
      const during = await thumbOn(a, token, items[1].item.id);
      const last = await thumbOn(a, token, items[2].item.id);
      proxy.mend();
      let pushed = (await updates.next()).recommendationsUpdated.list;
      while (idsOf(pushed).join() !== idsOf(last).join()) {
        // The thumbs come in their order, each at most once.
        expect(idsOf(pushed)).toEqual(idsOf(during));
        pushed = (await updates.next()).recommendationsUpdated.list;
      }
      expect(await nothingMore(updates, token)).toEqual([]);
    } finally {
      await updates.close();
    }
  });

  it('serve a killed one’s users with everything, as soon as it is back', async () => {
    const token = await someone('survivor');
    const { items } = await listOn(b, token);
    const answer = await thumbOn(b, token, items[0].item.id);
    await b.kill();
    expect(idsOf(await listOn(a, token))).toEqual(idsOf(answer));
    const meanwhile = await thumbOn(a, token, items[1].item.id);
    b = await startTestServer({ mongoUri: throughProxy, seedUsers: 0, env });
    expect(idsOf(await listOn(b, token))).toEqual(idsOf(meanwhile));
  });

  it('go on with the revisions of a list where another, or they themselves before a restart, left off', async () => {
    const token = await someone('restarted');
    const { items } = await listOn(b, token);
    await thumbOn(b, token, items[0].item.id);
    await a.run('retrain');
    await waitFor(async () => (await listOn(b, token)).modelVersion === 2, 'B serves the new version');
    const { revision } = await listOn(b, token);
    await b.stop();
    b = await startTestServer({ mongoUri: throughProxy, seedUsers: 0, env });
    expect((await listOn(b, token)).revision).toBe(revision);
    await waitFor(async () => (await listOn(a, token)).modelVersion === 2, 'A serves it, too');
    expect((await listOn(a, token)).revision).toBe(revision);
    await thumbOn(b, token, items[1].item.id);
    expect((await listOn(b, token)).revision).toBe(revision! + 1);
  });

  it('tell each other of names, of the catalogue, of erasures and of versions', async () => {
    const token = await someone('told');
    const { personas } = await askFor<{ personas: { id: string }[] }>(b.url, admin, '{ personas { id } }');
    await askFor(
      a.url,
      admin,
      'mutation ($id: ID!) { renamePersona(id: $id, label: "Night owls") { __typename } }',
      {
        id: personas[0].id,
      },
    );
    await waitFor(
      async () =>
        (
          await askFor<{ personas: { label: string }[] }>(b.url, admin, '{ personas { label } }')
        ).personas.some(({ label }) => label === 'Night owls'),
      'B knows the new name',
    );

    await askFor(
      a.url,
      admin,
      'mutation { importItems(items: [{ id: "brand-new", title: "Brand new" }]) { inserted } }',
    );
    await waitFor(
      () =>
        thumbOn(b, token, 'brand-new').then(
          (list) => list !== undefined,
          () => false,
        ),
      'B takes a thumb on the new item',
    );

    const updates = await subscribe<Update>(b.wsUrl, token, UPDATED);
    try {
      await askFor(
        a.url,
        admin,
        'mutation { retrain { ... on RetrainStarted { run { id } } ... on AlreadyRunning { owner } } }',
      );
      let update = (await updates.next()).recommendationsUpdated;
      while (update.cause !== 'MODEL') update = (await updates.next()).recommendationsUpdated;
      expect(update.list.modelVersion).toBe(3);
      await askFor(a.url, token, 'mutation { eraseUser { __typename } }');
      while (update.cause !== 'ERASED') update = (await updates.next()).recommendationsUpdated;
      expect(update.list.items).toEqual([]);
    } finally {
      await updates.close();
    }
  });
});

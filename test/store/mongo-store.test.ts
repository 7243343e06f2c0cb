/** What is particular to MongoDB: documents and indexes as they lie there, damage, outages, several instances. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection, type Connection } from 'mongoose';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { CorruptModelError, DatabaseUnavailableError } from '../../server/domain/index.js';
import { freePort } from '../../server/database/server-program.js';
import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { DAY, NOON, event, model, thumb, userIdOf } from '../contracts/samples.js';
import { freshDatabase, startTestDatabase } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';

let uri: string;
let store: Store;
let raw: Connection;

beforeEach(async () => {
  uri = freshDatabase(inject('mongoUri'));
  store = await createMongoStore({ uri });
  raw = await createConnection(uri).asPromise();
});
afterEach(async () => {
  await store.close();
  await raw.close();
});

/** Thumbs about one item that say something new each time. */
let nThumbs = 0;
const nextThumb = (itemId: string) => thumb({ itemId, value: nThumbs++ % 2 === 0 ? 1 : -1 });

describe('the database behind the store', () => {
  it('has the indexes that the queries need', async () => {
    const keysOf = async (name: string) =>
      (await raw.collection(name).indexes())
        .filter((index) => index.name !== '_id_')
        .map((index) => `${Object.keys(index.key).join(',')}${index.unique ? ' unique' : ''}`)
        .sort();
    expect(await keysOf('items')).toEqual(['category']);
    expect(await keysOf('users')).toEqual(['createdAt', 'persona.personaId']);
    expect(await keysOf('activity')).toEqual(['userId,week,part unique']);
    expect(await keysOf('feedback')).toEqual(['pending', 'userId']);
    expect(await keysOf('models')).toEqual(['version unique']);
    expect(await keysOf('modelParts')).toEqual(['version,name,index unique']);
    expect(await keysOf('personaHistory')).toEqual(['userId,at', 'version']);
    expect(await keysOf('metricBuckets')).toEqual(['expiresAt']);
    expect(await keysOf('runs')).toEqual(['job,startedAt']);
  });

  it('holds one bucket per user and week for events as they come, and a new part after 500', async () => {
    const weeks = [0, 7, 7].map((days, index) => event(`w${index}`, { at: NOON + days * DAY }));
    await store.activity.append(weeks);
    await store.activity.append([event('again', { at: NOON + 8 * DAY })]);
    const many = Array.from({ length: 600 }, (_, index) => event(`m${index}`, { at: NOON + 14 * DAY }));
    await store.activity.append(many);
    const buckets = await raw.collection('activity').find().sort({ week: 1, part: 1 }).toArray();
    expect(buckets.map(({ userId, week, part, count }) => [userId, week, part, count])).toEqual([
      [userIdOf(1), '2026-W07', 0, 1],
      [userIdOf(1), '2026-W08', 0, 3],
      [userIdOf(1), '2026-W09', 0, 500],
      [userIdOf(1), '2026-W09', 1, 100],
    ]);
  });

  it('keeps a mark of unapplied events for the next process, which clears it once it has adopted it', async () => {
    await store.activity.append([event('a'), event('b', { userId: userIdOf(2) })]);
    await store.activity.append([event('c', { userId: userIdOf(3) })], { bulk: true });
    await store.activity.markApplied([userIdOf(1)]);
    const next = await createMongoStore({ uri });
    const users = [2, 3].map(userIdOf);
    expect(await next.activity.findPendingUsers()).toEqual(expect.arrayContaining(users));
    // Its owner may be about to write what it announces.
    await next.activity.markApplied([1, 2, 3].map(userIdOf));
    expect(await raw.collection('pendingActivity').countDocuments()).toBe(2);
    const marks = await next.activity.findForeignMarks();
    expect(marks.map(({ isBulk }) => isBulk).sort()).toEqual([false, true]);
    next.activity.adoptMarks(marks);
    expect(await next.activity.findForeignMarks()).toEqual([]);
    expect(await next.activity.findPendingUsers()).toEqual(expect.arrayContaining(users));
    await next.activity.markApplied([1, 2, 3].map(userIdOf));
    expect(await raw.collection('pendingActivity').countDocuments()).toBe(0);
    await next.close();
  });

  it('marks its users again where an append took long, since others may have taken the mark for abandoned', async () => {
    let now = NOON;
    const slow = await createMongoStore({ uri, clock: () => (now += 700) });
    await slow.activity.append([event('quick')]);
    expect(await raw.collection('pendingActivity').countDocuments()).toBe(1);
    now = NOON;
    const late = await createMongoStore({ uri, clock: () => (now += 1_100) });
    await late.activity.append([event('late')]);
    expect(await raw.collection('pendingActivity').countDocuments()).toBe(3);
    await late.activity.markApplied([userIdOf(1)]);
    expect(await raw.collection('pendingActivity').countDocuments()).toBe(1);
    await slow.close();
    await late.close();
  });

  it('opens with what is there already', async () => {
    await store.dataset.update({ seed: 3 });
    const again = await createMongoStore({ uri });
    expect((await again.dataset.get()).seed).toBe(3);
    await again.close();
  });
});

describe('a damaged model part', () => {
  let version: number;
  beforeEach(async () => {
    version = await store.models.create(model());
    await store.models.putParts(version, [{ name: 'items', bytes: new Uint8Array(9 * 1024 * 1024).fill(7) }]);
  });

  it('lies in chunks below 8 MB', async () => {
    const chunks = await raw.collection('modelParts').find().toArray();
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks)
      expect((chunk['bytes'] as { length(): number }).length()).toBeLessThan(8 * 1024 * 1024);
  });

  it('is noticed when a chunk is missing', async () => {
    await raw.collection('modelParts').deleteOne({ index: 1 });
    const error = await store.models.getParts(version).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CorruptModelError);
    expect((error as Error).message).toContain('chunk 2 of 18');
  });

  it('is noticed when a byte is another', async () => {
    await raw.collection('modelParts').updateOne({ index: 2 }, { $set: { bytes: Buffer.from([1, 2, 3]) } });
    const error = await store.models.getParts(version).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CorruptModelError);
    expect((error as Error).message).toContain('checksum');
  });
});

describe('two instances', () => {
  it('hear of each other, and go on hearing after the one before left off', async () => {
    const other = await createMongoStore({ uri });
    const first = new AbortController();
    let token: unknown;
    const hear = async () => {
      for await (const change of store.feedback.watch({ signal: first.signal })!) {
        token = change.resumeToken;
        return change.feedback;
      }
      return null;
    };
    const heard = hear();
    // The stream opens in its own time: thumbs about one item until one is heard.
    let isHeard = false;
    void heard.then(() => (isHeard = true));
    while (!isHeard) await other.feedback.submit(nextThumb('first'));
    expect(await heard).toMatchObject({ itemId: 'first' });
    first.abort();

    // Said while nobody listens; heard by whoever goes on from the token.
    await other.feedback.submit(thumb({ itemId: 'second' }));
    const rest = new AbortController();
    for await (const { feedback } of store.feedback.watch({ signal: rest.signal, resumeToken: token })!) {
      if (feedback.itemId === 'second') break;
    }
    rest.abort();
    await other.close();
  });

  it('are told what the other says, also about the same item, and not what they say themselves', async () => {
    const [own, other] = await Promise.all(['me', 'you'].map((origin) => createMongoStore({ uri, origin })));
    const stop = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { feedback } of own.feedback.watch({ signal: stop.signal })!) {
        heard.push(`${feedback.origin} ${feedback.itemId} ${feedback.value}`);
      }
    })();
    await waitFor(async () => {
      await other.feedback.submit({ ...nextThumb('start'), origin: 'you' });
      return heard.length > 0;
    }, 'the first thumb');
    const say = (store: Store, origin: string, itemId: string, value: 1 | -1) =>
      store.feedback.submit(thumb({ itemId, value, origin }));
    await say(own, 'me', 'mine', 1);
    await say(own, 'me', 'both', 1);
    await say(other, 'you', 'both', -1);
    // SecantusDB reads the document when it sends the change, and may find the next thumb in it.
    await waitFor(() => heard.includes('you both -1'), 'the thumb on the same item');
    await say(own, 'me', 'both', 1);
    await say(other, 'you', 'end', 1);
    await waitFor(() => heard.includes('you end 1'), 'the last thumb');
    expect(heard.filter((line) => !line.includes('start'))).toEqual(['you both -1', 'you end 1']);
    stop.abort();
    await listening;
    await Promise.all([own.close(), other.close()]);
  });

  it('never lose an event to each other in the same bucket', async () => {
    const other = await createMongoStore({ uri });
    const all = [store, other].flatMap((instance, which) =>
      Array.from({ length: 10 }, (_, index) => instance.activity.append([event(`i${which}-${index}`)])),
    );
    expect((await Promise.all(all)).flat()).toHaveLength(20);
    expect(await store.activity.countEvents()).toBe(20);
    await other.close();
  });
});

describe('an outage', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  it('at the start is told as such', async () => {
    const opening = createMongoStore({
      uri: `mongodb://127.0.0.1:${await freePort()}/x`,
      serverSelectionTimeoutMs: 300,
    });
    const error = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect((error as DatabaseUnavailableError).isRetriable).toBe(true);
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it('fails calls of every kind with a clear error, and is over when the database is back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-outage-'));
    folders.push(dataDir);
    const before = await startTestDatabase({ dataDir });
    const survivor = await createMongoStore({ uri: before.uri });
    const stop = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { feedback } of survivor.feedback.watch({ signal: stop.signal })!)
        heard.push(feedback.itemId);
    })();
    await waitFor(async () => {
      await survivor.feedback.submit(nextThumb('before'));
      return heard.includes('before');
    }, 'the thumb before the outage');
    await before.stop();

    const calls: (() => Promise<unknown>)[] = [
      () => survivor.ping(),
      () => survivor.items.find('a'),
      () => survivor.users.count(),
      () => survivor.feedback.submit(thumb()),
      () => survivor.activity.append([event('a')]),
      async () => {
        for await (const _ of survivor.profiles.streamAll());
      },
    ];
    const errors = await Promise.all(calls.map((call) => call().catch((reason: unknown) => reason)));
    for (const error of errors) expect(error).toBeInstanceOf(DatabaseUnavailableError);

    const port = Number(new URL(before.uri).port);
    const after = await startTestDatabase({ dataDir, port });
    try {
      await waitFor(
        () =>
          survivor.ping().then(
            () => true,
            () => false,
          ),
        'a ping after the outage',
      );
      expect((await survivor.feedback.findByUser(userIdOf(1))).map((row) => row.itemId)).toContain('before');
      await waitFor(
        async () => {
          await survivor.feedback.submit(nextThumb('after'));
          return heard.includes('after');
        },
        'the change stream after the outage',
        30_000,
      );
      stop.abort();
      await listening;
    } finally {
      await survivor.close();
      await after.stop();
    }
  });

  it('that is nothing but silence ends a ping all the same', async () => {
    const target = new URL(uri);
    const sockets: Socket[] = [];
    let isSilent = false;
    const proxy: Server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      sockets.push(client, server);
      client.on('data', (data) => isSilent || server.write(data)).on('error', () => undefined);
      server.on('data', (data) => isSilent || client.write(data)).on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const viaProxy = new URL(uri);
    viaProxy.port = String((proxy.address() as AddressInfo).port);
    const behind = await createMongoStore({ uri: viaProxy.href });
    await behind.ping();
    isSilent = true;
    await expect(behind.ping()).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await expect(behind.feedback.submit(thumb())).rejects.toBeInstanceOf(DatabaseUnavailableError);
    for (const socket of sockets) socket.destroy();
    await behind.close();
    proxy.close();
  });
});

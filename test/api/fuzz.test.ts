/** Ten thousand malformed documents, variables and frames from a fixed seed: no crash, no 5xx, nothing given away. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildApiSchema, printApiSchema } from '../../server/resolvers/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { openAcknowledged, openRawSocket } from '../support/raw-socket.js';

const N_REQUESTS = 4_000;
const N_FRAMES = 6_500;
const IN_FLIGHT = 16;
const UNLIMITED = { perIdentity: 1e9, perAnonymousAddress: 1e9 };
const LEAKS = /node_modules|\bat \S+ \(|Mongo|ECONN|Cannot read prop|undefined is not|\.ts:\d|\.js:\d/;

const GOOD_DOCUMENTS = [
  'query Q($first: Int!, $after: String) { items(first: $first, after: $after, category: "even") { edges { cursor node { id tags } } pageInfo { endCursor } } }',
  'query Q { recommendations(first: 3, filter: { categories: ["odd"] }, diversity: 0.5) { listId items { score explanation { total } } } }',
  'mutation M($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename ... on FeedbackAccepted { latencyMs } } }',
  'mutation M($events: [EventInput!]!) { recordEvents(events: $events) { recorded rows { status } } }',
  '{ me { role user { persona { confidence persona { label } } } feedback(first: 2) { nodes { itemId } } } }',
  'fragment F on Item { id title } query Q { a: item(id: "i1") { ...F } b: similarItems(itemId: "i2") { similarity item { ...F } } }',
  'subscription S { recommendationsUpdated(first: 2) { cause list { revision } } }',
];

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 31,
  NaN,
  '',
  'i1',
  'UP',
  '__proto__',
  '\u0000',
  '\ud800',
  'x'.repeat(5_000),
  '2026-02-30T00:00:00Z',
  [],
  [[[[]]]],
  {},
  { $gt: '' },
  { itemId: { $ne: null }, value: 'UP' },
  { itemId: 'i1', value: 'UP', position: -1 },
  { type: 'VIEW', itemId: 'i1', at: '9999-12-31T23:59:59Z', value: -1e300 },
  [{ type: 'VIEW', itemId: 'i1', at: 'yesterday' }],
  JSON.parse('{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}'),
];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = seeded(20_260_301);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const WORDS = printApiSchema(buildApiSchema()).match(/\w+|[{}()[\]:!@$=|&]|\.\.\./g)!;

function malformedDocument(): string {
  const tokens = pick(GOOD_DOCUMENTS).match(/\w+|\S/g)!;
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes -= 1) {
    const at = Math.floor(random() * tokens.length);
    const kind = random();
    if (kind < 0.3) tokens.splice(at, 1);
    else if (kind < 0.55) tokens.splice(at, 0, pick(WORDS));
    else if (kind < 0.7)
      tokens.splice(
        at,
        0,
        pick(['"', '"""', '#', '\\', '\u0000', '💥', '{'.repeat(50), '-1e999', '$', '\ufeff']),
      );
    else if (kind < 0.85) tokens[at] = pick(WORDS);
    else tokens.splice(at, 0, ...tokens.slice(at, at + 8));
  }
  return tokens.join(' ');
}

function malformedVariables(): unknown {
  if (random() < 0.1) return pick(VALUES);
  return Object.fromEntries(['first', 'after', 'input', 'events'].map((name) => [name, pick(VALUES)]));
}

function malformedBody(): string {
  const query = random() < 0.5 ? malformedDocument() : pick(GOOD_DOCUMENTS);
  const text = JSON.stringify({
    query: random() < 0.05 ? pick(VALUES) : query,
    variables: malformedVariables(),
  });
  return random() < 0.1 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

function malformedFrame(id: number): string {
  const type = pick([
    'subscribe',
    'subscribe',
    'subscribe',
    'complete',
    'ping',
    'pong',
    'connection_ack',
    'next',
    '__proto__',
  ]);
  const payload =
    random() < 0.2 ? pick(VALUES) : { query: malformedDocument(), variables: malformedVariables() };
  const text = JSON.stringify({ id: random() < 0.9 ? `${id}` : pick(VALUES), type, payload });
  return random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

describe('the API under malformed input', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({ limits: { rate: UNLIMITED, socket: { maxMessagesPerSecond: 1e9 } } });
  });
  afterAll(() => fake.close());

  const isServing = async (): Promise<boolean> =>
    (await fake.query('{ recommendations { items { rank } } }', { token: fake.asAlice })).data.recommendations
      .items.length === 10;

  it(`answers ${N_REQUESTS} requests with the caller to blame`, async () => {
    const bad: string[] = [];
    const send = async (): Promise<void> => {
      const body = malformedBody();
      const response = await fetch(`${fake.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${random() < 0.8 ? fake.asAlice : fake.asAdmin}`,
        },
        body,
      });
      const text = await response.text();
      if (response.status >= 500 || LEAKS.test(text))
        bad.push(`${response.status} ${text.slice(0, 300)} for ${body.slice(0, 300)}`);
    };
    for (let sent = 0; sent < N_REQUESTS; sent += IN_FLIGHT)
      await Promise.all(Array.from({ length: IN_FLIGHT }, send));
    expect(bad.slice(0, 3)).toEqual([]);
    expect(fake.logged.slice(0, 3)).toEqual([]);
    expect(await isServing()).toBe(true);
  });

  it(`survives ${N_FRAMES} frames, and closes sockets by the codes of the protocol only`, async () => {
    const codes = new Set<number>();
    let raw = await openAcknowledged(fake.url, fake.asAlice);
    let leak = '';
    const watch = (): void => {
      raw.socket.on('message', (data) => {
        // A pong gives back what its ping carried.
        const text = String(data);
        if (LEAKS.test(text) && !text.startsWith('{"type":"pong"')) leak ||= text;
      });
      void raw.closed.then((code) => codes.add(code));
    };
    watch();
    for (let id = 0; id < N_FRAMES; id += 1) {
      if (raw.socket.readyState !== raw.socket.OPEN) {
        raw = random() < 0.8 ? await openAcknowledged(fake.url, fake.asAlice) : await openRawSocket(fake.url);
        watch();
      }
      raw.send(malformedFrame(id));
      await new Promise((resolve) => setImmediate(resolve));
    }
    raw.socket.terminate();
    await raw.closed;
    expect([...codes].filter((code) => ![4400, 4401, 4403, 4409, 1006].includes(code))).toEqual([]);
    expect(leak).toBe('');
    expect(fake.logged.slice(0, 3)).toEqual([]);
    await expect.poll(() => fake.bus.size).toBe(0);
    expect(await isServing()).toBe(true);
  });
});

/** Thumbs and the lists that are pushed for them, on one instance or from one to another. */

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { askFor } from '../support/api-client.js';

import type { Figure } from './report.js';
import { percentile } from './report.js';
import { signIn } from './server.js';

const SETTLE_MS = 500;
/** As many demo users as can be listed at once: at 100 thumbs a second each gives one every half second. */
const USERS = 50;
const UPDATED =
  'subscription { recommendationsUpdated(first: 10) { cause list { revision items { rank item { id } } } } }';
const LIST = '{ recommendations(first: 10) { listId } }';
const SEND =
  'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { ... on FeedbackAccepted { list { revision } } } }';

export interface PushOptions {
  /** The instance that takes the thumbs. */
  readonly url: string;
  /** The instance that has the sockets; default the same. */
  readonly listenUrl?: string;
  readonly subscriptions: number;
  readonly thumbsPerSecond: number;
  readonly seconds: number;
  readonly goals: { readonly p50?: string; readonly p99: string };
}

export async function benchPush(options: PushOptions): Promise<Figure[]> {
  const { url, listenUrl = url, subscriptions, thumbsPerSecond, seconds, goals } = options;
  const tokens = (await signIn(url, USERS)).map(({ token }) => token);
  const itemIds = await someItems(url, tokens[0]);
  const sentAt = new Map<number, number>();
  const pushMs: number[] = [];
  const answerMs: number[] = [];
  const close = await openSockets({ url: listenUrl, tokens, count: subscriptions }, (user) => {
    const at = sentAt.get(user);
    // A user's thumbs lie so far apart that a push belongs to the last of them.
    if (at !== undefined) pushMs.push(performance.now() - at);
  });
  // A client asks for the list before anything can be pushed over it.
  for (const token of tokens) {
    for (const instance of new Set([url, listenUrl])) await askFor(instance, token, LIST);
  }
  await pause(SETTLE_MS);

  const total = thumbsPerSecond * seconds;
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (let n = 0; n < total; n++) {
    const wait = start + (n * 1000) / thumbsPerSecond - performance.now();
    if (wait > 0) await pause(wait);
    const user = n % tokens.length;
    const at = performance.now();
    sentAt.set(user, at);
    // One item after the other for each user, so that every thumb says something new.
    const itemId = itemIds[(user + Math.floor(n / tokens.length)) % itemIds.length];
    const input = { itemId, value: n % 3 === 0 ? 'DOWN' : 'UP' };
    answers.push(
      askFor(url, tokens[user], SEND, { input }).then(() => void answerMs.push(performance.now() - at)),
    );
  }
  await Promise.all(answers);
  await pause(SETTLE_MS);
  await close();
  const where = listenUrl === url ? '' : ' of another instance';
  const load = `${subscriptions.toLocaleString('en')} subscriptions${where}, ${thumbsPerSecond} thumbs a second`;
  return [
    {
      what: `thumb to pushed list, ${load}: p50`,
      value: percentile(pushMs, 0.5),
      unit: 'ms',
      ...(goals.p50 !== undefined && { goal: goals.p50 }),
    },
    { what: 'the same: p99', value: percentile(pushMs, 0.99), unit: 'ms', goal: goals.p99 },
    { what: 'pushes received', value: pushMs.length, unit: `of ${(total * subscriptions) / tokens.length}` },
    { what: 'thumb to answer: p50', value: percentile(answerMs, 0.5), unit: 'ms' },
    { what: 'thumb to answer: p99', value: percentile(answerMs, 0.99), unit: 'ms' },
  ];
}

async function someItems(url: string, token: string): Promise<string[]> {
  const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
    url,
    token,
    '{ items(first: 100) { nodes { id } } }',
  );
  return items.nodes.map(({ id }) => id);
}

/** A socket with one subscription each, in turn for each user. Resolves, once all are connected, with how to close them. */
async function openSockets(
  { url, tokens, count }: { url: string; tokens: readonly string[]; count: number },
  onPush: (user: number) => void,
): Promise<() => Promise<void>> {
  const clients = Array.from({ length: count }, (_, index) => {
    const user = index % tokens.length;
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: tokens[user] },
      lazy: false,
    });
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    client.subscribe(
      { query: UPDATED },
      {
        next: () => onPush(user),
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
    return { client, connected };
  });
  await Promise.all(clients.map(({ connected }) => connected));
  return async () => {
    await Promise.all(clients.map(({ client }) => client.dispose()));
  };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

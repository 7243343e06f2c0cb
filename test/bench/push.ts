/** Thumbs and the lists that are pushed for them, on one instance or from one to another. */

import { setTimeout as pause } from 'node:timers/promises';

import type { Client } from 'graphql-ws';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { askFor } from '../support/api-client.js';

import type { Figure } from './report.js';
import { percentile } from './report.js';
import { signIn } from './server.js';

const SETTLE_MS = 500;
/** Without a push for so long, none is on its way. */
const QUIET_MS = 2_000;
const OPENED_AT_ONCE = 100;
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
  /** Where each user's items begin: runs on one server must not meet, so that every thumb says something new. */
  readonly firstItem?: number;
  readonly goals: { readonly p50?: string; readonly p99: string };
}

/** A list that arrived at a subscription. */
interface Push {
  readonly subscription: number;
  readonly revision: number;
  readonly at: number;
}

/** A thumb, and the revision of the list it was answered with. */
interface Thumb {
  readonly user: number;
  readonly sentAt: number;
  readonly revision: number;
}

export async function benchPush(options: PushOptions): Promise<Figure[]> {
  const { url, listenUrl = url, subscriptions, thumbsPerSecond, seconds, firstItem = 0, goals } = options;
  const tokens = (await signIn(url, USERS)).map(({ token }) => token);
  const itemIds = await someItems(url, tokens[0]);
  const pushes: Push[] = [];
  const answerMs: number[] = [];
  const close = await openSockets({ url: listenUrl, tokens, count: subscriptions }, (push) =>
    pushes.push({ ...push, at: performance.now() }),
  );
  // A client asks for the list before anything can be pushed over it.
  for (const token of tokens) {
    for (const instance of new Set([url, listenUrl])) await askFor(instance, token, LIST);
  }
  await pause(SETTLE_MS);

  const total = thumbsPerSecond * seconds;
  const start = performance.now();
  const answers: Promise<Thumb>[] = [];
  for (let n = 0; n < total; n++) {
    const wait = start + (n * 1000) / thumbsPerSecond - performance.now();
    if (wait > 0) await pause(wait);
    const user = n % tokens.length;
    const sentAt = performance.now();
    const itemId = itemIds[(firstItem + user + Math.floor(n / tokens.length)) % itemIds.length];
    const input = { itemId, value: n % 3 === 0 ? 'DOWN' : 'UP' };
    const send = async () => {
      const { sendFeedback } = await askFor<{ sendFeedback: { list: { revision: number } } }>(
        url,
        tokens[user],
        SEND,
        { input },
      );
      answerMs.push(performance.now() - sentAt);
      return { user, sentAt, revision: sendFeedback.list.revision };
    };
    answers.push(send());
  }
  const thumbs = await Promise.all(answers);
  do await pause(SETTLE_MS);
  while (performance.now() - (pushes.at(-1)?.at ?? 0) < QUIET_MS);
  await close();
  const { pushMs, nCoalesced, nMissing } = delivered(thumbs, pushes, { subscriptions, users: tokens.length });
  const where = listenUrl === url ? '' : ' of another instance';
  const load = `${subscriptions.toLocaleString('en')} subscriptions${where}, ${thumbsPerSecond} thumbs a second`;
  const expected = `of ${(total * subscriptions) / tokens.length}`;
  return [
    {
      what: `thumb to pushed list, ${load}: p50`,
      value: percentile(pushMs, 0.5),
      unit: 'ms',
      ...(goals.p50 !== undefined && { goal: goals.p50 }),
    },
    { what: 'the same: p99', value: percentile(pushMs, 0.99), unit: 'ms', goal: goals.p99 },
    { what: 'thumbs that reached a subscription', value: pushMs.length, unit: expected },
    { what: 'of which with the list of a later thumb', value: nCoalesced, unit: '' },
    { what: 'thumbs that did not', value: nMissing, unit: expected, goal: '0' },
    { what: 'thumb to answer: p50', value: percentile(answerMs, 0.5), unit: 'ms' },
    { what: 'thumb to answer: p99', value: percentile(answerMs, 0.99), unit: 'ms' },
  ];
}

/**
 * A thumb has reached a subscription when a list that has it in arrived there: its own, or a newer one in its place,
 * since a subscription gets the newest list and never a queue.
 */
function delivered(
  thumbs: readonly Thumb[],
  pushes: readonly Push[],
  { subscriptions, users }: { subscriptions: number; users: number },
): { pushMs: number[]; nCoalesced: number; nMissing: number } {
  const arrived = Array.from({ length: subscriptions }, (): Push[] => []);
  for (const push of pushes) arrived[push.subscription].push(push);
  const pushMs: number[] = [];
  let nCoalesced = 0;
  let nMissing = 0;
  for (const { user, sentAt, revision } of thumbs) {
    for (let subscription = user; subscription < subscriptions; subscription += users) {
      const first = arrived[subscription].find((push) => push.revision >= revision);
      if (first === undefined) nMissing += 1;
      else {
        pushMs.push(first.at - sentAt);
        if (first.revision > revision) nCoalesced += 1;
      }
    }
  }
  return { pushMs, nCoalesced, nMissing };
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
  onPush: (push: Omit<Push, 'at'>) => void,
): Promise<() => Promise<void>> {
  const open = (subscription: number) => {
    const user = subscription % tokens.length;
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: tokens[user] },
      lazy: false,
    });
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    client.subscribe<{ recommendationsUpdated: { list: { revision: number } } }>(
      { query: UPDATED },
      {
        next: ({ data }) => onPush({ subscription, revision: data!.recommendationsUpdated.list.revision }),
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
    return { client, connected };
  };
  const clients: Client[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(OPENED_AT_ONCE, count - clients.length) }, (_, index) =>
      open(clients.length + index),
    );
    await Promise.all(batch.map(({ connected }) => connected));
    clients.push(...batch.map(({ client }) => client));
  }
  return async () => {
    await Promise.all(clients.map((client) => client.dispose()));
  };
}

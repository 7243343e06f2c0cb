/** Start, restart, and thumbs to pushed lists, on the embedded database. */

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { askFor } from '../support/api-client.js';

import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { percentile } from './report.js';
import { READY, signIn, withDataFolder } from './server.js';

const SUBSCRIPTIONS = 200;
const THUMBS_PER_SECOND = 50;
const THUMB_SECONDS = 20;

const UPDATED =
  'subscription { recommendationsUpdated(first: 10) { cause list { revision items { rank item { id } } } } }';
const SEND =
  'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { ... on FeedbackAccepted { list { revision } } } }';

export async function benchLive(users = '10000'): Promise<Figure[]> {
  return withDataFolder(users, async (env) => {
    const figures: Figure[] = [];
    const first = startProcess('main', [], env);
    figures.push({
      what: `first start, ${users} users`,
      value: (await first.until(READY, 600_000)).ms / 1000,
      unit: 's',
      goal: '<= 90 s',
    });
    figures.push({ what: 'first start, peak RSS', value: first.peakMb(), unit: 'MiB' });
    await first.stop();

    const server = startProcess('main', [], env);
    const { ms, match } = await server.until(READY, 120_000);
    figures.push({ what: 'restart on existing data', value: ms / 1000, unit: 's', goal: '<= 10 s' });
    try {
      figures.push(...(await benchPush(match[1])));
      figures.push({ what: 'server, peak RSS', value: server.peakMb(), unit: 'MiB' });
    } finally {
      await server.stop();
    }
    return figures;
  });
}

async function benchPush(url: string): Promise<Figure[]> {
  const tokens = (await signIn(url, 50)).map(({ token }) => token);
  const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
    url,
    tokens[0],
    '{ items(first: 100) { nodes { id } } }',
  );
  const sentAt = new Map<number, number>();
  const pushMs: number[] = [];
  const answerMs: number[] = [];
  const clients = Array.from({ length: SUBSCRIPTIONS }, (_, index) => {
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
        next: () => {
          const at = sentAt.get(user);
          if (at !== undefined) pushMs.push(performance.now() - at);
        },
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
    return { client, connected };
  });
  await Promise.all(clients.map(({ connected }) => connected));
  await new Promise((resolve) => setTimeout(resolve, 500));

  // Each user's thumbs lie a second apart, so a push belongs to the last thumb of its user.
  const total = THUMBS_PER_SECOND * THUMB_SECONDS;
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (let n = 0; n < total; n++) {
    const wait = start + (n * 1000) / THUMBS_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const user = n % tokens.length;
    const at = performance.now();
    sentAt.set(user, at);
    const input = {
      itemId: items.nodes[(n * 7) % items.nodes.length].id,
      value: n % 3 === 0 ? 'DOWN' : 'UP',
    };
    answers.push(
      askFor(url, tokens[user], SEND, { input }).then(() => void answerMs.push(performance.now() - at)),
    );
  }
  await Promise.all(answers);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await Promise.all(clients.map(({ client }) => client.dispose()));
  const load = `${SUBSCRIPTIONS} subscriptions, ${THUMBS_PER_SECOND} thumbs a second`;
  return [
    {
      what: `thumb to pushed list, ${load}: p50`,
      value: percentile(pushMs, 0.5),
      unit: 'ms',
      goal: '< 15 ms',
    },
    { what: 'the same: p99', value: percentile(pushMs, 0.99), unit: 'ms', goal: '< 50 ms' },
    { what: 'pushes received', value: pushMs.length, unit: `of ${(total * SUBSCRIPTIONS) / tokens.length}` },
    { what: 'thumb to answer: p50', value: percentile(answerMs, 0.5), unit: 'ms' },
    { what: 'thumb to answer: p99', value: percentile(answerMs, 0.99), unit: 'ms' },
  ];
}

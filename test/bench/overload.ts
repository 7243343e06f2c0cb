/**
 * Thumbs at ten times what the server can take: how long the accepted ones wait, against the same thumbs sent one after the
 * other over a few connections, in one run.
 */

import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { percentile } from './report.js';
import { READY, signIn, withDataFolder } from './server.js';

const CONNECTIONS = 10;
const SECONDS = 15;
const TIMES = 10;
/** Open requests past which the load sends no more: a client that is drowned measures itself. */
const MAX_OPEN = 1_000;
const SEND =
  'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { ... on FeedbackAccepted { list { revision } } } }';

interface Answers {
  /** Milliseconds of every accepted thumb. */
  readonly acceptedMs: number[];
  refused: number;
  /** Anything but 200 and 503. */
  failed: number;
}

export async function benchOverload(users = '2000'): Promise<Figure[]> {
  return withDataFolder(users, async (env) => {
    const server = startProcess('main', [], env);
    try {
      const { match } = await server.until(READY, 600_000);
      const url = match[1];
      const tokens = (await signIn(url, 50)).map(({ token }) => token);
      const agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_OPEN });
      const sender = createSender(url, tokens, agent);
      // The first thumb of each user reads its profile.
      await closedLoop(sender, 3);
      const normal = await closedLoop(sender, SECONDS);
      const perSecond = normal.acceptedMs.length / SECONDS;
      await connect(url, agent);
      const flooded = await openLoop(sender, TIMES * perSecond);
      await pause(2_000);
      const after = await closedLoop(sender, 5);
      agent.destroy();
      const p99 = percentile(normal.acceptedMs, 0.99);
      const floodedP99 = percentile(flooded.acceptedMs, 0.99);
      return [
        { what: `thumbs over ${CONNECTIONS} connections, one after the other`, value: perSecond, unit: '/s' },
        { what: 'the same: p50', value: percentile(normal.acceptedMs, 0.5), unit: 'ms' },
        { what: 'the same: p99', value: p99, unit: 'ms' },
        {
          what: `${TIMES} times as many a second: accepted`,
          value: flooded.acceptedMs.length / SECONDS,
          unit: '/s',
        },
        { what: 'the same: refused with 503', value: flooded.refused / SECONDS, unit: '/s' },
        { what: 'the same: other failures', value: flooded.failed, unit: '', goal: '0' },
        { what: 'the same: p99 of the accepted', value: floodedP99, unit: 'ms' },
        { what: 'the same: p99 to that without overload', value: floodedP99 / p99, unit: '', goal: '<= 2' },
        {
          what: 'two seconds later, one after the other: p99 to that before',
          value: percentile(after.acceptedMs, 0.99) / p99,
          unit: '',
        },
        { what: 'server, peak RSS', value: server.peakMb(), unit: 'MiB' },
      ];
    } finally {
      await server.stop();
    }
  });
}

/** Opens the connections beforehand, as a proxy does: Node.js accepts a single connection per turn of its event loop. */
async function connect(url: string, agent: Agent): Promise<void> {
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const call = request(`${url}/health/live`, { agent }, (response) => {
        response.resume();
        response.once('end', resolve);
      });
      call.once('error', reject);
      call.end();
    });
  await Promise.all(Array.from({ length: MAX_OPEN }, open));
}

type Sender = (answers: Answers) => Promise<void>;

const noAnswers = (): Answers => ({ acceptedMs: [], refused: 0, failed: 0 });

async function closedLoop(send: Sender, seconds: number): Promise<Answers> {
  const answers = noAnswers();
  const until = performance.now() + seconds * 1_000;
  const connection = async () => {
    while (performance.now() < until) await send(answers);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return answers;
}

async function openLoop(send: Sender, perSecond: number): Promise<Answers> {
  const answers = noAnswers();
  const open = new Set<Promise<void>>();
  const start = performance.now();
  for (let nSent = 0; performance.now() - start < SECONDS * 1_000;) {
    const due = ((performance.now() - start) * perSecond) / 1_000;
    for (; nSent < due; nSent++) {
      if (open.size >= MAX_OPEN) continue;
      const sending = send(answers).finally(() => open.delete(sending));
      open.add(sending);
    }
    await pause(1);
  }
  await Promise.all(open);
  return answers;
}

/** Sends one thumb; each says something new, since users and items take turns and the thumb turns with them. */
function createSender(url: string, tokens: readonly string[], agent: Agent): Sender {
  let n = 0;
  return (answers) => {
    const user = n % tokens.length;
    const round = Math.floor(n / tokens.length);
    const item = round % 200;
    n += 1;
    const input = {
      itemId: `item-${String(item + 1).padStart(4, '0')}`,
      value: Math.floor(round / 200) % 2 === 0 ? 'UP' : 'DOWN',
    };
    const body = JSON.stringify({ query: SEND, variables: { input } });
    const sentAt = performance.now();
    return new Promise((resolve) => {
      const done = (status: number) => {
        if (status === 200) answers.acceptedMs.push(performance.now() - sentAt);
        else if (status === 503) answers.refused += 1;
        else answers.failed += 1;
        resolve();
      };
      const call = request(
        `${url}/graphql`,
        {
          agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            authorization: `Bearer ${tokens[user]}`,
          },
        },
        (response) => {
          response.resume();
          response.once('end', () => done(response.statusCode ?? 0));
          response.once('error', () => done(0));
        },
      );
      call.once('error', () => done(0));
      call.end(body);
    });
  };
}

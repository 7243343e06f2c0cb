/**
 * `npm run load`: a stated mix of requests and open WebSockets against a server, and what it took. Without `--url` it
 * starts a throw-away server on simulated data. It finds the capacity, then runs at half of it, then above it.
 */

import { runCommand } from '../../server/app/commands/command.js';
import { UsageError, flag, optional, text, wholeNumber, type ValuesOf } from '../../server/app/options.js';
import { startProcess } from '../bench/process.js';
import { machine, percentile } from '../bench/report.js';
import { READY, signIn, withDataFolder } from '../bench/server.js';
import { askFor } from '../support/api-client.js';

import { sendLoad, type HttpLoad } from './http.js';
import { DEFAULT_MIX, OPERATIONS, parseMix, planRequests, type PlannedRequest } from './mix.js';
import { sampleMetrics, slopePerHour, type Sample } from './samples.js';
import { openSockets, type Sockets } from './sockets.js';

const USERS = 50;
const WARM_UP_SECONDS = 5;
const CAPACITY_SECONDS = 10;
const CAPACITY_CONNECTIONS = 10;
/** A slope over less says nothing. */
const SLOPE_MIN_SECONDS = 300;
/** Enough for an overload to reach the server: each connection waits for its answers. */
const OVERLOAD_CONNECTIONS = 400;
const SAMPLE_MS = 1_000;
const SOAK_SAMPLE_MS = 5_000;
const RECOVERY_SECONDS = 10;

const options = {
  url: optional('URL', 'A running server with demo sign-in; default: a throw-away server.'),
  users: text('N', 'Simulated users of the throw-away server.', '2000'),
  sockets: wholeNumber('Open WebSockets, each with a subscription.', {
    least: 0,
    most: 5_000,
    byDefault: 200,
  }),
  mix: text('MIX', `Shares in percent of ${OPERATIONS.join(', ')}.`, DEFAULT_MIX),
  seconds: wholeNumber('Duration of the steady part and of the overload.', {
    ...{ least: 1, most: 3_600, byDefault: 60 },
  }),
  rate: wholeNumber('Requests a second of the steady part; 0: half of the capacity found.', {
    ...{ least: 0, most: 100_000, byDefault: 0 },
  }),
  times: wholeNumber('Overload as a multiple of the capacity; 0: none.', {
    least: 0,
    most: 20,
    byDefault: 3,
  }),
  soak: wholeNumber('Minutes of the steady part instead of --seconds, without overload; 0: no soak.', {
    ...{ least: 0, most: 1_440, byDefault: 0 },
  }),
  'metrics-token': optional('TOKEN', 'The bearer token of /metrics.'),
  'allow-remote': flag('Allows a URL that is not on this machine.'),
};
type Values = ValuesOf<typeof options>;

const command = {
  name: 'load',
  summary:
    'Puts a load on a server and prints what it took: rate, delays, refusals, pushes, memory and event-loop delay. It sends thumbs' +
    '\nand events of simulated users: never run it on an installation that you keep.',
  options,
  examples: ['npm run load', 'npm run load -- --soak 30', 'npm run load -- --url http://127.0.0.1:4000'],
  check({ url, mix, 'allow-remote': isRemoteAllowed }: Values) {
    if (parseMix(mix) === null)
      return `--mix must name ${OPERATIONS.join(', ')} with shares that add up to 100`;
    if (url === undefined) return null;
    if (!URL.canParse(url)) return '--url must be an address, such as http://127.0.0.1:4000';
    const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
    return isLocal || isRemoteAllowed ? null : '--url is not on this machine; --allow-remote allows it';
  },
};

runCommand(command, async (values) => {
  if (values.url !== undefined) return measure(values.url.replace(/\/$/, ''), values);
  await withDataFolder(values.users, async (env) => {
    const server = startProcess('main', [], env);
    try {
      const { match } = await server.until(READY, 600_000);
      await measure(match[1]!, values);
    } finally {
      await server.stop();
    }
  });
});

async function measure(url: string, values: Values): Promise<void> {
  const mix = parseMix(values.mix)!;
  const tokens = (await signIn(url, USERS)).map(({ token }) => token);
  if (tokens.length === 0)
    throw new UsageError('The server has no demo users: SMARTPERSONA_DEMO=true on simulated data.');
  const plan = planRequests(mix, { tokens, itemIds: await itemIdsOf(url, tokens[0]!) });
  const sockets = await openSockets(url, tokens, values.sockets);
  const send = (seconds: number, rate: number | null, connections: number) =>
    sendLoad({ url, plan, seconds, rate, connections });
  process.stdout.write(`${machine()}\n${url}, mix ${values.mix}, ${values.sockets} sockets\n\n`);
  try {
    await send(WARM_UP_SECONDS, null, CAPACITY_CONNECTIONS);
    const full = await send(CAPACITY_SECONDS, null, CAPACITY_CONNECTIONS);
    const capacity = full.acceptedMs.length / full.seconds;
    printPhase(`${CAPACITY_CONNECTIONS} connections, as fast as answered`, full);

    const rate = values.rate === 0 ? capacity / 2 : values.rate;
    const isSoak = values.soak > 0;
    const sampler = sampleMetrics(url, {
      everyMs: isSoak ? SOAK_SAMPLE_MS : SAMPLE_MS,
      token: values['metrics-token'],
    });
    sockets.pushMs.length = 0;
    const steady = await send(isSoak ? values.soak * 60 : values.seconds, rate, CAPACITY_CONNECTIONS * 2);
    const samples = await sampler.stop();
    printPhase(`steady, ${rate.toFixed(0)} a second`, steady);
    printPushes(sockets);
    printSamples(samples);
    if (!isSoak && values.times > 0) await overload({ plan, url, values, capacity, rate, steady });
  } finally {
    await sockets.close();
  }
}

interface Overload {
  readonly plan: () => PlannedRequest;
  readonly url: string;
  readonly values: Values;
  readonly capacity: number;
  readonly rate: number;
  readonly steady: HttpLoad;
}

async function overload({ plan, url, values, capacity, rate, steady }: Overload): Promise<void> {
  const send = (seconds: number, perSecond: number, connections: number) =>
    sendLoad({ url, plan, seconds, rate: perSecond, connections });
  const sampler = sampleMetrics(url, { everyMs: SAMPLE_MS, token: values['metrics-token'] });
  const flooded = await send(values.seconds, capacity * values.times, OVERLOAD_CONNECTIONS);
  const samples = await sampler.stop();
  printPhase(`overload, ${values.times} x capacity`, flooded);
  printSamples(samples);
  const after = await send(RECOVERY_SECONDS, rate, CAPACITY_CONNECTIONS * 2);
  printPhase('afterwards, steady again', after);
  const normal = percentile(steady.acceptedMs, 0.99);
  const ratio = percentile(flooded.acceptedMs, 0.99) / normal;
  line('p99 of the accepted, overload to steady', `${ratio.toFixed(1)} x`);
  line(
    'recovery: first second with p99 <= 2 x steady',
    `${recoverySecond(after, 2 * normal) ?? '> ' + RECOVERY_SECONDS} s`,
  );
}

/** Seconds after the overload until a whole second has a p99 of at most `limitMs`; null if none has. */
function recoverySecond({ acceptedAt, acceptedMs }: HttpLoad, limitMs: number): number | null {
  for (let second = 0; second < RECOVERY_SECONDS; second++) {
    const within = acceptedMs.filter((_, n) => Math.floor(acceptedAt[n]! / 1_000) === second);
    if (within.length > 0 && percentile(within, 0.99) <= limitMs) return second + 1;
  }
  return null;
}

async function itemIdsOf(url: string, token: string): Promise<string[]> {
  const { items } = await askFor<{ items: { edges: { node: { id: string } }[] } }>(
    ...([url, token, '{ items(first: 100) { edges { node { id } } } }'] as const),
  );
  return items.edges.map(({ node }) => node.id);
}

function line(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(48)} ${value}\n`);
}

function printPhase(name: string, load: HttpLoad): void {
  const perSecond = (count: number) => (count / load.seconds).toFixed(0);
  const ms = (share: number) => percentile(load.acceptedMs, share).toFixed(1);
  line(
    name,
    `${perSecond(load.acceptedMs.length)} /s accepted, p50 ${ms(0.5)}, p95 ${ms(0.95)}, p99 ${ms(0.99)} ms; ` +
      `${perSecond(load.refused)} /s refused (429, 503); ${load.failed} failed`,
  );
}

function printPushes({ pushMs, nClosed }: Sockets): void {
  const ms = (share: number) => percentile(pushMs, share).toFixed(1);
  line('  pushes', `${pushMs.length}, p50 ${ms(0.5)}, p99 ${ms(0.99)} ms; ${nClosed} sockets closed`);
}

function printSamples(samples: readonly Sample[]): void {
  if (samples.length === 0) return line('  /metrics', 'not readable: --metrics-token');
  const of = (value: (sample: Sample) => number) => samples.map(value);
  const heap = of(({ heapMib }) => heapMib);
  const delay = of(({ loopDelayMs }) => loopDelayMs);
  line('  heap, MiB', `${Math.min(...heap).toFixed(0)} to ${Math.max(...heap).toFixed(0)}`);
  if (samples.at(-1)!.at >= SLOPE_MIN_SECONDS * 1_000) {
    // The first third warms caches up.
    const late = samples.slice(Math.floor(samples.length / 3));
    const slope = slopePerHour(late, ({ heapMib }) => heapMib);
    line('  heap, slope of the last two thirds', `${slope.toFixed(1)} MiB/h`);
  }
  line('  resident, peak', `${Math.max(...of(({ residentMib }) => residentMib)).toFixed(0)} MiB`);
  line(
    '  event-loop delay, p99 of samples',
    `median ${percentile(delay, 0.5).toFixed(1)}, max ${Math.max(...delay).toFixed(1)} ms`,
  );
}

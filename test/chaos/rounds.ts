/**
 * Rounds of faults on the real product: load, one fault, an end of the load, then every answer is compared with what
 * was acknowledged. The same seed gives the same faults in the same order; what the machine makes of them differs.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { SignJWT } from 'jose';

import { readRecord } from '../../server/database/data-folder.js';
import { endProcess } from '../../server/database/process.js';
import { freePort } from '../../server/database/server-program.js';
import { createRandom, type Random } from '../../server/learning/index.js';
import { askFor } from '../support/api-client.js';
import { waitFor } from '../support/wait-for.js';

import { FAULTS, type Fault, type World } from './faults.js';
import { createInstance, type Instance } from './instance.js';
import { Visitor } from './visitor.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly nRounds: number;
  /** Default: all. */
  readonly faults?: readonly Fault[];
  /** How long after the last write everything is settled, and windows show what the query gives. Default 5,000. */
  readonly settleMs?: number;
  readonly onRound?: (row: RoundRow) => void;
  readonly onProgress?: (line: string) => void;
  /** Ends the rounds after the one that runs. */
  readonly signal?: AbortSignal;
}

export interface RoundRow {
  readonly round: number;
  readonly fault: string;
  /** Seconds from the end of the fault until every instance is ready and accepts a thumb. */
  readonly recoverySeconds: number;
  readonly nThumbs: number;
  readonly nEvents: number;
  readonly nUnanswered: number;
  /** Broken invariants, one sentence each. */
  readonly breaches: readonly string[];
}

const N_VISITORS = 12;
const STEP_MS = 380;
const START_MS = 120_000;
const RECOVERY_MS = 90_000;
const CALM_BEFORE_MS = 1_500;
const CALM_AFTER_MS = 1_500;
const RAW_ID = 'chaos-visitor-raw-id';
const SECRET = 'a9f1c37e5b8d42069e7b1f3d5c8a2046';

export async function runChaos(options: ChaosOptions): Promise<RoundRow[]> {
  const random = createRandom(options.seed);
  const faults = options.faults ?? FAULTS;
  const site = await openSite(options, random);
  const rows: RoundRow[] = [];
  try {
    let order: Fault[] = [];
    for (let round = 1; round <= options.nRounds && options.signal?.aborted !== true; round++) {
      if (order.length === 0) order = random.shuffle([...faults]);
      const fault = order.pop()!;
      options.onProgress?.(`Round ${round} of ${options.nRounds}: ${fault.name}`);
      const row = await site.play(round, fault);
      rows.push(row);
      options.onRound?.(row);
    }
  } finally {
    await site.close();
  }
  return rows;
}

async function openSite({ settleMs = 5_000, onProgress = () => undefined }: ChaosOptions, random: Random) {
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-chaos-'));
  const secondDir = await mkdtemp(join(tmpdir(), 'smartpersona-chaos-'));
  const env = {
    ...{ SMARTPERSONA_SECRET: SECRET, SMARTPERSONA_PEPPER: '4d0e6b82f7a95c13e8b20d7f46a1c95b' },
    SMARTPERSONA_SEED_USERS: '150',
    SMARTPERSONA_GUARD_TOLERANCE: '100',
  };
  const first = createInstance({ port: await freePort(), dataDir, mongoUri: () => null, env });
  const second = createInstance({
    port: await freePort(),
    dataDir: secondDir,
    mongoUri: () => readRecord(dataDir)!.uri,
    env,
  });
  let target = first;
  let quietSince = 0;
  const known = new Set<string>();

  onProgress('Starting the server');
  first.start();
  await first.ready(START_MS);
  const admin = await tokenOf('admin');
  const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
    first.url,
    admin,
    '{ items(first: 40) { nodes { id } } }',
  );
  onProgress(`Opening the windows of ${N_VISITORS} visitors`);
  const visitors: Visitor[] = [];
  for (let index = 0; index < N_VISITORS; index++) {
    const rawId = `${RAW_ID}-${index}`;
    visitors.push(
      new Visitor({
        token: await tokenOf('user', rawId),
        name: `visitor ${index}`,
        itemIds: items.nodes.map(({ id }) => id),
        random: createRandom(random.int(2 ** 31)),
        url: () => target.url,
        wsUrl: () => target.wsUrl,
      }),
    );
  }
  for (const visitor of visitors) visitor.openWindow();
  let probed = first;
  const prober = new Visitor({
    token: await tokenOf('user', `${RAW_ID}-prober`),
    name: 'prober',
    itemIds: items.nodes.map(({ id }) => id),
    random: createRandom(0),
    url: () => probed.url,
    wsUrl: () => probed.wsUrl,
  });

  const world: World = {
    first,
    second,
    databasePid: () => readRecord(dataDir)!.process.pid,
    turnTo: (instance) => (target = instance),
    async retrain() {
      await askFor(target.url, admin, 'mutation { retrain { __typename } }').catch(() => undefined);
    },
  };

  /** Resolves when an instance is ready and accepts thumbs. */
  async function serving(instance: Instance): Promise<void> {
    await waitFor(
      async () => {
        probed = instance;
        if (!(await prober.probe())) return false;
        const response = await fetch(`${instance.url}/health/ready`).catch(() => null);
        return response?.ok === true;
      },
      'the server answers again',
      RECOVERY_MS,
    );
  }

  async function play(round: number, fault: Fault): Promise<RoundRow> {
    const before = visitors.map(({ ledger, nUnanswered }) => ({
      nThumbs: ledger.thumbs.length,
      nEvents: ledger.events.length,
      nUnanswered,
    }));
    if (fault.needsTwo === true && !second.isRunning()) {
      second.start();
      await second.ready(START_MS);
    }
    let isLoading = true;
    const load = (async () => {
      for (let step = 0; isLoading; step++) {
        visitors[step % visitors.length]!.act();
        await pause(STEP_MS / visitors.length);
      }
    })();
    await pause(CALM_BEFORE_MS);
    await fault.run(world, random);
    const healedAt = Date.now();
    const running = [first, second].filter((instance) => instance.isRunning());
    for (const instance of running) await serving(instance);
    const recoverySeconds = (Date.now() - healedAt) / 1_000;
    await pause(CALM_AFTER_MS);
    isLoading = false;
    await load;
    for (const visitor of visitors) await visitor.settled();
    quietSince = Date.now();

    const found = [
      ...(await lasting(windowBreaches)),
      ...(await lasting(() => agreementBreaches(running))),
      ...(await lasting(recordBreaches)),
      ...(await trainingBreaches()),
      ...rawIdBreaches(),
    ];
    // What is lost stays lost: it counts in the round that lost it.
    const breaches = found.filter((breach) => !known.has(breach));
    for (const breach of breaches) known.add(breach);
    for (const visitor of visitors) {
      breaches.push(...visitor.falls.splice(0).map((fall) => `${visitor.name}: ${fall}`));
      visitor.endDoubt();
    }
    if (second.isRunning()) {
      second.signal('SIGTERM');
      await second.ended(20_000);
    }
    target = first;
    const grown = (of: 'nThumbs' | 'nEvents' | 'nUnanswered') =>
      visitors.reduce((sum, { ledger, nUnanswered }, index) => {
        const now = { nThumbs: ledger.thumbs.length, nEvents: ledger.events.length, nUnanswered };
        return sum + now[of] - before[index]![of];
      }, 0);
    return {
      ...{ round, fault: fault.name, recoverySeconds, breaches },
      ...{ nThumbs: grown('nThumbs'), nEvents: grown('nEvents'), nUnanswered: grown('nUnanswered') },
    };
  }

  /** What is still wrong when that long has passed since the last write. */
  async function lasting(find: () => Promise<string[]>): Promise<string[]> {
    for (;;) {
      const isLast = Date.now() >= quietSince + settleMs;
      const wrong = await find();
      if (wrong.length === 0 || isLast) return wrong;
      await pause(250);
    }
  }

  /** Windows that do not show what the query gives. */
  async function windowBreaches(): Promise<string[]> {
    const found = await Promise.all(
      visitors.map(async (visitor) => {
        const query = await visitor.query();
        const window = visitor.window();
        if (!visitor.hasWindow()) return [`${visitor.name}: the window is not connected`];
        if (window === null) return [];
        if (window.order === query.order && window.revision === query.revision) return [];
        return [`${visitor.name}: the window shows revision ${window.revision}, the query ${query.revision}`];
      }),
    );
    return found.flat();
  }

  async function recordBreaches(): Promise<string[]> {
    const found: string[] = [];
    for (const visitor of visitors) {
      const record = await visitor.record();
      found.push(...visitor.ledger.breaches(record).map((breach) => `${visitor.name}: ${breach}`));
      const nRecorded = record.activity.length;
      const nLearned = record.profile?.eventCount ?? 0;
      if (nLearned !== nRecorded) {
        found.push(`${visitor.name}: ${nLearned} events learned of ${nRecorded} recorded`);
      }
      const { eventCount } = await visitor.query();
      if ((eventCount ?? 0) !== nRecorded) {
        found.push(`${visitor.name}: ${eventCount} events counted of ${nRecorded} recorded`);
      }
    }
    return found;
  }

  /** Instances that give different lists. */
  async function agreementBreaches(instances: readonly Instance[]): Promise<string[]> {
    if (instances.length < 2) return [];
    const lists: { revision: number; order: string }[][] = [];
    const before = target;
    for (const instance of instances) {
      target = instance;
      lists.push(await Promise.all(visitors.map((visitor) => visitor.query())));
    }
    target = before;
    return visitors.flatMap(({ name }, index) => {
      const [one, two] = lists.map((list) => list[index]!);
      if (one!.order === two!.order && one!.revision === two!.revision) return [];
      return [`${name}: the instances give revisions ${one!.revision} and ${two!.revision}`];
    });
  }

  async function trainingBreaches(): Promise<string[]> {
    const read = () =>
      askFor<{ models: { status: string }[]; trainingRuns: { state: string }[] }>(
        target.url,
        admin,
        '{ models(first: 50) { status } trainingRuns(first: 50) { state } }',
      );
    const idle = await waitFor(
      async () => {
        const answer = await read().catch(() => null);
        return answer?.trainingRuns.every(({ state }) => state !== 'RUNNING') === true ? answer : null;
      },
      'no training is under way',
      RECOVERY_MS,
    ).catch(() => null);
    if (idle === null) return ['a training run stays RUNNING'];
    const nActive = idle.models.filter(({ status }) => status === 'ACTIVE').length;
    return nActive === 1 ? [] : [`${nActive} models are ACTIVE`];
  }

  function rawIdBreaches(): string[] {
    const found = [first, second].filter((instance) => instance.output().includes(RAW_ID));
    const files = filesBelow(dataDir).filter((path) => readFileSync(path).includes(RAW_ID));
    return [
      ...found.map(({ url }) => `the output of ${url} holds a raw id`),
      ...files.map((path) => `${path.slice(dataDir.length)} holds a raw id`),
    ];
  }

  async function close(): Promise<void> {
    for (const visitor of visitors) await visitor.close();
    for (const instance of [second, first]) {
      instance.signal('SIGCONT');
      instance.signal('SIGTERM');
      await instance.ended(20_000);
    }
    const left = readRecord(dataDir);
    if (left !== null) await endProcess(left.process, 10_000);
    for (const folder of [dataDir, secondDir]) await rm(folder, { recursive: true, force: true });
  }

  return { play, close };
}

/** A token as a site's own backend signs it, with the raw id in it. */
function tokenOf(role: 'user' | 'admin', rawId?: string): Promise<string> {
  const token = new SignJWT({ role, ...(rawId !== undefined && { sub: rawId }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('smartpersona')
    .setAudience('smartpersona-api')
    .setIssuedAt()
    .setExpirationTime('1d');
  return token.sign(Buffer.from(SECRET, 'utf8'));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() && statSync(path).size < 256 * 1024 * 1024 ? [path] : [];
  });
}

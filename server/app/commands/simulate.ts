/**
 * `npm run simulate -- [--weeks 8] [--users 2000]`: simulates weeks through the public API, and measures the effect of
 * retraining and fold-in. Starts a throw-away server per arm, with the same users, moods and seeds; or, with `--url`,
 * simulates on a running server that has only its first-run data (events are dated so that the last week ends now;
 * thumbs have the server's time, and there is no comparison).
 */

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import type { Synthesis } from '../../ingest/index.js';
import { WEEK_MS } from '../../domain/index.js';
import { synthesize } from '../../ingest/index.js';
import { createPseudonymizer, pseudonymKey } from '../../privacy/index.js';
import type { Pseudonymizer } from '../../privacy/index.js';
import { SYNTHESIS_SEED } from '../../services/data/index.js';
import { createTokens } from '../../api/index.js';
import type { ValuesOf } from '../options.js';
import { optional, wholeNumber } from '../options.js';
import { createProgress } from '../progress.js';
import { readEnvironment, readSettings } from '../settings.js';
import {
  POLICIES,
  armTable,
  compareArms,
  createSite,
  runArm,
  summaryTable,
  toReport,
} from '../../simulation/index.js';
import type { ArmResult, Policy } from '../../simulation/index.js';
import { startThrowAwayServer } from '../throw-away-server.js';

import { runCommand } from './command.js';

const HOUR_MS = 3_600_000;
const TOKEN_SECONDS = 7 * 86_400;

interface Plan {
  readonly weeks: number;
  readonly users: number;
  readonly seed: number;
  /** End of the last week. */
  readonly endAt: number;
}

const options = {
  weeks: wholeNumber('Weeks to simulate.', { least: 1, most: 52, byDefault: 8 }),
  users: wholeNumber('Simulated users.', { least: 10, most: 100_000, byDefault: 2_000 }),
  seed: wholeNumber('Random seed.', { least: 0, most: 2 ** 31, byDefault: 1 }),
  json: optional('FILE', 'Also writes the figures as JSON.'),
  url: optional('URL', 'Simulates on this running server instead, which must have only its first-run data.'),
  token: optional('TOKEN', "With --url: an admin token. Default: signed with this installation's key."),
};
const command = {
  name: 'simulate',
  summary:
    'Simulates weeks of behaviour through the public API on throw-away servers, and compares results with and without' +
    '\nretraining and fold-in.',
  options,
  examples: ['npm run simulate -- --weeks 8 --users 2000'],
  check({ url, token }: ValuesOf<typeof options>) {
    return token !== undefined && url === undefined ? '--token is only for use with --url' : null;
  },
};

runCommand(command, async ({ weeks, users, seed, json, url, token }) => {
  const plan = { weeks, users, seed, endAt: Math.floor(Date.now() / HOUR_MS) * HOUR_MS };
  const arms =
    url === undefined ? await onThrowAwayServers(plan) : [await onRunningServer(plan, { url, token })];
  const comparisons = compareArms(arms, plan.seed);
  if (comparisons.length > 0) process.stdout.write(summaryTable(arms, comparisons));
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify({ ...plan, ...toReport(arms, comparisons) }, null, 2)}\n`);
  }
});

/** Runs all arms concurrently, since a single arm does not use the whole machine. */
async function onThrowAwayServers(plan: Plan): Promise<ArmResult[]> {
  const keys = { secret: randomBytes(32).toString('hex'), pepper: randomBytes(32).toString('hex') };
  const progress = createProgress({ title: 'Simulating' });
  const done = new Map<Policy, number>(POLICIES.map((policy) => [policy, 0]));
  const onProgress = (policy: Policy) => (fraction: number, detail: string) => {
    done.set(policy, fraction);
    const sum = [...done.values()].reduce((total, share) => total + share, 0);
    progress.update(sum / POLICIES.length, `${policy}: ${detail}`);
  };
  const startAt = plan.endAt - plan.weeks * WEEK_MS;
  const servers = await Promise.all(
    POLICIES.map(() => startThrowAwayServer({ seedUsers: plan.users, now: startAt, ...keys })),
  );
  const pseudonymizer = createPseudonymizer(pseudonymKey(keys.pepper));
  const synthesis = () => population(plan.users, startAt, pseudonymizer);
  const token = await adminToken(Buffer.from(keys.secret, 'utf8'), pseudonymizer);
  let arms: ArmResult[];
  try {
    arms = await Promise.all(
      POLICIES.map((policy, index) => {
        const { url, setClock } = servers[index];
        const { weeks, seed } = plan;
        const site = createSite({ url, token });
        const shared = { site, weeks, startAt, seed, setClock, onProgress: onProgress(policy) };
        return runArm({ ...shared, policy, synthesis: synthesis() });
      }),
    );
  } catch (error) {
    for (const { output } of servers) process.stderr.write(`${output()}\n`);
    throw error;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  progress.done();
  for (const arm of arms) process.stdout.write(armTable(arm));
  return arms;
}

async function onRunningServer(
  { weeks, users, seed, endAt }: Plan,
  given: { url: string; token: string | undefined },
): Promise<ArmResult> {
  const settings = readSettings(readEnvironment(), { makesKeys: false });
  const startAt = endAt - weeks * WEEK_MS;
  const pseudonymizer = createPseudonymizer(settings.pepper);
  const token = given.token ?? (await adminToken(settings.secret, pseudonymizer));
  const site = createSite({ url: given.url.replace(/\/$/, ''), token });
  const synthesis = population(users, startAt, pseudonymizer);
  const progress = createProgress({ title: 'Simulating' });
  const onProgress = progress.update;
  const shared = { site, synthesis, weeks, startAt, seed, onProgress };
  const arm = await runArm({ ...shared, policy: 'adaptive', setClock: null });
  progress.done();
  process.stdout.write(armTable(arm));
  return arm;
}

/** The users and items at the end of the first-run simulation. */
function population(nUsers: number, endAt: number, { pseudonymize }: Pseudonymizer): Synthesis {
  return synthesize({ seed: SYNTHESIS_SEED, nUsers, endAt, pseudonymize });
}

async function adminToken(key: Uint8Array, { pseudonymize }: Pseudonymizer): Promise<string> {
  const request = { role: 'admin', userId: null, ttlSeconds: TOKEN_SECONDS } as const;
  return (await createTokens({ key, pseudonymize }).sign(request)).token;
}

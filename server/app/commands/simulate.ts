/**
 * `npm run simulate -- [--weeks 8] [--users 2000]`: synthetic weeks through the public API, and what retraining and fold-in
 * are worth. Starts a throw-away server per arm, one after the other, with the same users, moods and seeds; or, with
 * `--url`, lives the weeks on a running server that still has its first-run simulation (events are dated so that the
 * last week ends now; thumbs carry the server's own time, and there is nothing to compare with).
 */

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import type { Synthesis } from '../../ingest/index.js';
import { WEEK_MS, synthesize } from '../../ingest/index.js';
import { createPseudonymizer, pseudonymKey } from '../../privacy/index.js';
import type { Pseudonymizer } from '../../privacy/index.js';
import { SYNTHESIS_SEED } from '../../services/index.js';
import { createTokens } from '../api/index.js';
import { createProgress } from '../progress.js';
import { readSettings } from '../settings.js';
import { runArm } from '../simulation/arm.js';
import type { Policy } from '../simulation/policy.js';
import { POLICIES } from '../simulation/policy.js';
import { createSite } from '../simulation/site.js';
import { armTable, compareArms, summaryTable, toReport } from '../simulation/table.js';
import type { ArmResult } from '../simulation/tally.js';
import { startThrowAwayServer } from '../simulation/throw-away-server.js';

import { parseOptions, runCommand, wholeNumber } from './command.js';

const USAGE =
  'npm run simulate -- [--weeks 8] [--users 2000] [--seed 1] [--json FILE] [--url URL [--token ADMIN_TOKEN]]';
const HOUR_MS = 3_600_000;
const TOKEN_SECONDS = 7 * 86_400;

interface Plan {
  readonly weeks: number;
  readonly users: number;
  readonly seed: number;
  /** When the last week ends. */
  readonly endAt: number;
}

runCommand(async () => {
  const options = parseOptions(USAGE, {
    weeks: { type: 'string', default: '8' },
    users: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    url: { type: 'string' },
    token: { type: 'string' },
  });
  const plan = {
    weeks: wholeNumber(options.weeks ?? '8', 'weeks', 1, 52),
    users: wholeNumber(options.users ?? '2000', 'users', 10, 100_000),
    seed: wholeNumber(options.seed ?? '1', 'seed', 0, 2 ** 31),
    endAt: Math.floor(Date.now() / HOUR_MS) * HOUR_MS,
  };
  const arms =
    options.url === undefined ? await onThrowAwayServers(plan) : [await onRunningServer(plan, options)];
  const comparisons = compareArms(arms, plan.seed);
  if (comparisons.length > 0) process.stdout.write(summaryTable(arms, comparisons));
  if (options.json !== undefined) {
    await writeFile(
      options.json,
      `${JSON.stringify({ ...plan, ...toReport(arms, comparisons) }, null, 2)}\n`,
    );
  }
});

async function onThrowAwayServers(plan: Plan): Promise<ArmResult[]> {
  const secret = randomBytes(32).toString('hex');
  const pepper = randomBytes(32).toString('hex');
  const token = await adminToken(Buffer.from(secret, 'utf8'));
  const startAt = plan.endAt - plan.weeks * WEEK_MS;
  const arms: ArmResult[] = [];
  for (const policy of POLICIES) {
    process.stderr.write(`${policy}: starting a server with ${plan.users} users\n`);
    const server = await startThrowAwayServer({ seedUsers: plan.users, now: startAt, secret, pepper });
    try {
      const site = createSite({ url: server.url, token });
      const synthesis = population(plan, startAt, createPseudonymizer(pseudonymKey(pepper)));
      arms.push(await liveArm(plan, { policy, site, synthesis, startAt, setClock: server.setClock }));
    } finally {
      await server.stop();
    }
  }
  return arms;
}

async function onRunningServer(plan: Plan, given: { url?: string; token?: string }): Promise<ArmResult> {
  const settings = readSettings(process.env);
  const startAt = plan.endAt - plan.weeks * WEEK_MS;
  const site = createSite({
    url: given.url!.replace(/\/$/, ''),
    token: given.token ?? (await adminToken(settings.secret)),
  });
  const synthesis = population(plan, startAt, createPseudonymizer(settings.pepper));
  return liveArm(plan, { policy: 'adaptive', site, synthesis, startAt, setClock: null });
}

async function liveArm(
  { weeks, seed }: Plan,
  arm: {
    policy: Policy;
    site: ReturnType<typeof createSite>;
    synthesis: Synthesis;
    startAt: number;
    setClock: ((now: number) => Promise<void>) | null;
  },
): Promise<ArmResult> {
  const progress = createProgress({ title: arm.policy });
  const result = await runArm({ ...arm, weeks, seed, onProgress: progress.update });
  progress.done();
  process.stdout.write(armTable(result));
  return result;
}

/** The users of the first-run simulation as it left them, and the items. */
function population({ users }: Plan, endAt: number, { pseudonymize }: Pseudonymizer): Synthesis {
  return synthesize({ seed: SYNTHESIS_SEED, nUsers: users, endAt, pseudonymize });
}

async function adminToken(secret: Uint8Array): Promise<string> {
  const request = { role: 'admin', userId: null, ttlSeconds: TOKEN_SECONDS } as const;
  return (await createTokens(secret).sign(request)).token;
}

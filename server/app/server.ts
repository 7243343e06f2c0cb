/** The server's life: open, fill on the first run, train if nothing is trained, listen, stop on a signal. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Job } from '../../jobs/index.js';
import { createDriftJob, createRetrainJob, startScheduler } from '../../jobs/index.js';

import { createApi, createTokens } from './api/index.js';
import type { Application } from './application.js';
import { openApplication } from './application.js';
import { createLog } from './log.js';
import { createProgress } from './progress.js';
import { registeredOperations } from './registered-operations.js';
import { readEnvironment, readSettings } from './settings.js';
import { reportTraining } from './training-progress.js';

/** What is built for browsers: in `dist` when run from source, beside the built server otherwise; null when it is not. */
function builtPages(name: 'client' | 'explorer'): string | null {
  const folders = [`../../dist/${name}/`, `../../${name}/`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return folders.find((folder) => existsSync(`${folder}index.html`)) ?? null;
}

/** Resolves when the server listens; it ends by SIGINT or SIGTERM. */
export async function startServer({ clock }: { clock?: () => number } = {}): Promise<void> {
  const settings = readSettings(readEnvironment(), { makesKeys: true });
  const operations = registeredOperations(settings);
  const log = createLog(settings);
  const application = await openApplication({
    settings,
    log,
    role: 'server',
    clock,
    onProgress: (message) => process.stderr.write(`${message}\n`),
  });
  const { container, store, database } = application;
  try {
    await fill(application);
    await train(application);
    container.follow();
    container.resume();

    const api = await createApi({
      services: container.services,
      imports: container.imports,
      bus: container.bus,
      tokens: createTokens({ key: application.secret, pseudonymize: application.pseudonymize }),
      ping: () => store.ping(),
      log,
      clientDir: builtPages('client'),
      explorerDir: builtPages('explorer'),
      isProduction: settings.isProduction,
      operations,
      isPersistedOnly: settings.isPersistedOnly,
      allowedOrigins: settings.allowedOrigins,
      trustedProxies: settings.trustedProxies,
      metricsToken: settings.metricsToken,
    });
    const port = await api.listen(settings.port, settings.host);
    const scheduler = startScheduler(jobsOf(application, clock), { log, clock });
    onSignal(async () => {
      await scheduler.close();
      await api.close();
      await application.close();
    });
    process.stdout.write(`Database: ${database.description}\n`);
    process.stdout.write(`SmartPersona is ready on http://localhost:${port}/\n`);
  } catch (error) {
    await application.close();
    throw error;
  }
}

function jobsOf({ container, settings, log }: Application, clock: () => number = Date.now): Job[] {
  const { training, drift } = container;
  const { retrainTimeZone: timeZone, driftRetrainHours } = settings;
  return [
    createRetrainJob({ training, schedule: settings.retrainCron, timeZone, log }),
    createDriftJob({
      ...{ drift, training, schedule: settings.driftCron, timeZone, clock, log },
      retrainAfterHours: driftRetrainHours === 0 ? null : driftRetrainHours,
    }),
  ];
}

/** First run: simulated users, unless the settings want none. */
async function fill({ container, store, settings, truthPath }: Application): Promise<void> {
  if (settings.seedUsers === 0 || (await store.users.count()) > 0 || (await store.items.count()) > 0) return;
  const progress = createProgress({ title: 'Simulating behaviour' });
  const report = await container.synthesis.run({
    nUsers: settings.seedUsers,
    truthPath,
    onProgress: (fraction, detail) => progress.update(fraction, detail),
  });
  progress.done(`${report.nUsers.toLocaleString('en')} users, ${report.nEvents.toLocaleString('en')} events`);
}

/**
 * Something has to be trained before anything can be served; an empty installation waits for its first import.
 * The first training gives everybody a persona, and the counters of the time before it.
 */
async function train({ container, store, log }: Application): Promise<void> {
  const { training, models } = container;
  // Another instance may be at it, or may have died over it a moment ago.
  await training.whenIdle();
  await models.loadActive();
  if (models.activeVersion() !== null || (await store.profiles.count()) === 0) return;
  const run = await reportTraining((onProgress) => training.run('startup', onProgress));
  if (run.state === 'failed') {
    log.error({ reason: run.error }, 'the first training failed; import more data and retrain');
    return;
  }
  const progress = createProgress({ title: 'Counting for the dashboards' });
  const total = await store.users.count();
  await container.rebuilder.rebuildMetrics((nUsers) =>
    progress.update(nUsers / total, `${nUsers.toLocaleString('en')} users`),
  );
  progress.done();
}

function onSignal(close: () => Promise<void>): void {
  let isClosing = false;
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means now.
    if (isClosing) process.exit(1);
    isClosing = true;
    process.stderr.write(`${signal}: closing\n`);
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Closing failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

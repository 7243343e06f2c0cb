/** Starts the server: listens, opens the application, completes a first start, serves, and stops on a signal. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Job } from '../../jobs/index.js';
import { createDriftJob, createRetrainJob, startScheduler } from '../../jobs/index.js';

import type { Api } from '../api/index.js';
import { createApi, createDoor, createTokens } from '../api/index.js';
import type { Application } from './application.js';
import { connect } from './application.js';
import type { ReportStage } from './first-start.js';
import { count, fill, train } from './first-start.js';
import type { Stage } from './lifecycle.js';
import { Signals, run } from './lifecycle.js';
import { createLog } from './log.js';
import { migrate } from './migrate.js';
import { createProgress } from './progress.js';
import { registeredOperations } from './registered-operations.js';
import { readEnvironment, readSettings } from './settings.js';

const LOOPBACK = /^(?:localhost|127\.[\d.]+|::1)$/;

/** Folder of built browser files: in `dist` when run from source, else beside the built server; null if not built. */
function builtPages(name: 'client' | 'explorer'): string | null {
  const folders = [`../../dist/${name}/`, `../../${name}/`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return folders.find((folder) => existsSync(`${folder}index.html`)) ?? null;
}

/** Resolves when the server is ready; SIGINT or SIGTERM ends it. */
export async function startServer({ clock }: { clock?: () => number } = {}): Promise<void> {
  const signals = new Signals();
  const settings = readSettings(readEnvironment(), { makesKeys: true });
  const operations = registeredOperations(settings);
  const log = createLog(settings);
  const door = createDoor({ allowedOrigins: settings.allowedOrigins });
  const startedAt = Date.now();
  let port = settings.port;
  let application: Application;
  let api: Api;

  const show = (stage: string, fraction: number | null = null, detail = '') =>
    door.show({ stage, fraction, detail, startedAt });
  const report: ReportStage = (title) => {
    const progress = createProgress({ title });
    return {
      update(fraction, detail) {
        show(title, fraction, detail);
        progress.update(fraction, detail);
      },
      done: (detail) => progress.done(detail),
    };
  };

  const stages: Stage[] = [
    {
      name: 'Opening the port',
      async start() {
        port = await door.listen(settings.port, settings.host);
        process.stdout.write(`Listening on http://localhost:${port}/ (preparing)\n`);
        return () => door.close();
      },
    },
    {
      name: 'Opening the database',
      async start(signal) {
        const onProgress = (message: string) => {
          show(message);
          process.stderr.write(`${message}\n`);
        };
        application = await connect({ settings, log, role: 'server', clock, onProgress, signal });
        return () => application.close();
      },
    },
    { name: 'Migrating stored data', start: (signal) => migrate(application, report, signal) },
    { name: 'Simulating behaviour', start: (signal) => fill(application, report, signal) },
    { name: 'Loading stored data', start: () => application.container.start() },
    { name: 'Training', start: (signal) => train(application, report, signal) },
    {
      name: 'Following other instances',
      async start() {
        application.container.follow();
        application.container.resume();
      },
    },
    { name: 'Counting for the dashboards', start: (signal) => count(application, report, signal) },
    {
      name: 'Opening the API',
      async start() {
        const { container, store, secret, pseudonymize, tracer } = application;
        api = await createApi({
          door,
          services: container.services,
          imports: container.imports,
          itemSide: container.itemSide,
          bus: container.bus,
          tokens: createTokens({ key: secret, pseudonymize, maxDays: settings.tokenMaxDays }),
          probe: () => store.probe(),
          log,
          tracer,
          clientDir: builtPages('client'),
          explorerDir: builtPages('explorer'),
          isProduction: settings.isProduction,
          operations,
          isPersistedOnly: settings.isPersistedOnly,
          allowedOrigins: settings.allowedOrigins,
          trustedProxies: settings.trustedProxies,
          // Behind a proxy, checking the Host header is the proxy's task.
          isLocalOnly: LOOPBACK.test(settings.host) && settings.trustedProxies === 0,
          metricsToken: settings.metricsToken,
          limits: { gate: { maxInFlight: settings.maxInFlight } },
        });
        return () => api.close();
      },
    },
    {
      name: 'Starting the scheduler',
      async start() {
        const scheduler = startScheduler(jobsOf(application, clock), { log, clock });
        return () => scheduler.close();
      },
    },
  ];
  await run(stages, signals, { log, onStage: show });
  const { description, hint } = application!.database;
  process.stdout.write(`Database: ${description}\n${hint === null ? '' : `Hint: ${hint}\n`}`);
  const link = await application!.container.services.accounts.inviteFirst();
  if (link !== null)
    process.stdout.write(
      `No administrator has an account yet. Create one with this link; it is valid once, for a day:\n  http://localhost:${port}${link.path}\n`,
    );
  process.stdout.write(`SmartPersona is ready on http://localhost:${port}/\n`);
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

/** Checks an installation without changing it, for `npm run doctor`. */

import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { hasDatabaseFiles, openDatabase, type Database } from '../database/index.js';
import type { Logger } from '../domain/index.js';
import { createPseudonymizer, pseudonymKey, secretProblem } from '../privacy/index.js';
import { unpackVersion } from '../services/models/index.js';
import { requireJava } from '../spark/index.js';
import { DATA_VERSION, type Store } from '../store/index.js';
import { createMongoStore } from '../store/mongo/index.js';

import { readSecret } from './secret-file.js';
import { InvalidSettingsError, SETTING_NAMES, readDatabaseSettings, readSettings } from './settings.js';

/** Clocks may differ by this much without effect; leases bear up to ten minutes. */
const CLOCK_WARN_MS = 1_000;
const CLOCK_FAIL_MS = 60_000;
const DISK_WARN_BYTES = 2 * 1024 ** 3;
const DISK_FAIL_BYTES = 200 * 1024 ** 2;
const OLD_MODEL_DAYS = 14;
const DATABASE_SETTINGS = ['MONGODB_URI', 'MONGODB_USER', 'MONGODB_PASSWORD', 'SMARTPERSONA_DATA_DIR'];
const DAY_MS = 86_400_000;

export type Verdict = 'OK' | 'WARN' | 'FAIL';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What to do; null if nothing. */
  readonly advice: string | null;
}

interface DiagnosisOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock: () => number;
  readonly onProgress: (message: string) => void;
}

const ok = (check: string, detail: string): Finding => ({ check, verdict: 'OK', detail, advice: null });
const warn = (check: string, detail: string, advice: string): Finding => ({
  ...{ check, verdict: 'WARN', detail, advice },
});
const fail = (check: string, detail: string, advice: string): Finding => ({
  ...{ check, verdict: 'FAIL', detail, advice },
});

/**
 * Runs every check that is possible, in order. Reads only, with one exception: the write test changes the probe document
 * that `/health/ready` changes too. An embedded database that does not run is started for the duration.
 */
export async function diagnose(options: DiagnosisOptions): Promise<Finding[]> {
  const { env, log, onProgress } = options;
  const findings = [checkSettings(env)];
  let settings;
  try {
    settings = readDatabaseSettings(databaseOnly(env));
  } catch {
    return findings;
  }
  const { dataDir, mongodbUri } = settings;
  findings.push(checkPepperFile(env, dataDir), await checkDisk('free disk', dataDir));
  if (env['SMARTPERSONA_TRAINER'] === 'spark') findings.push(await checkJava(env));
  if (mongodbUri === null && !hasDatabaseFiles(dataDir)) {
    const detail = `no database in ${dataDir} yet, and MONGODB_URI is not set`;
    return [...findings, warn('database', detail, 'Run `npm start` once, or set SMARTPERSONA_DATA_DIR.')];
  }
  let database: Database;
  try {
    database = await openDatabase({ settings, log, role: 'command', onProgress });
  } catch (error) {
    const advice = 'Follow the message; docs/operate.md, "The database", lists the choices.';
    return [...findings, fail('database', (error as Error).message, advice)];
  }
  try {
    const store = await createMongoStore({ uri: database.uri, isReadOnly: true });
    try {
      findings.push(...(await checkStore(store, database, options)));
    } finally {
      await store.close();
    }
  } catch (error) {
    findings.push(fail('database', (error as Error).message, 'Check the database and its log.'));
  } finally {
    await database.stop();
  }
  return findings;
}

/** Without the settings that the database does not need, so that a fault in them does not hide the rest. */
function databaseOnly(env: DiagnosisOptions['env']): DiagnosisOptions['env'] {
  const isNeeded = (name: string) => DATABASE_SETTINGS.includes(name) || !SETTING_NAMES.includes(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isNeeded(name)));
}

function checkSettings(env: DiagnosisOptions['env']): Finding {
  try {
    readSettings(env, { makesKeys: false });
    return ok('settings', 'all valid');
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    return fail('settings', error.problems.join('; '), 'Correct the environment or the file .env.');
  }
}

function checkPepperFile(env: DiagnosisOptions['env'], dataDir: string): Finding {
  if (env['SMARTPERSONA_PEPPER']?.trim()) return ok('pepper', 'set by SMARTPERSONA_PEPPER');
  const path = join(dataDir, 'pepper');
  if (readPepper(env, dataDir) === null) {
    const advice = 'Restore it from a backup; in a new installation `npm start` makes it.';
    return fail('pepper', `neither SMARTPERSONA_PEPPER nor a valid file ${path}`, advice);
  }
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    return warn('pepper', `${path} can be read by other users of the machine`, `Run \`chmod 600 ${path}\`.`);
  return ok('pepper', path);
}

/** Null if it is missing or invalid. */
function readPepper(env: DiagnosisOptions['env'], dataDir: string): string | null {
  try {
    const pepper = env['SMARTPERSONA_PEPPER']?.trim() || readSecret(dataDir, 'pepper');
    return pepper === null || secretProblem(pepper) !== null ? null : pepper;
  } catch {
    return null;
  }
}

function checkJava(env: DiagnosisOptions['env']): Promise<Finding> {
  return requireJava(env).then(
    () => ok('Java for Spark', 'found'),
    (error: Error) => fail('Java for Spark', error.message, 'Install it, or set SMARTPERSONA_TRAINER=local.'),
  );
}

async function checkDisk(check: string, folder: string): Promise<Finding> {
  let path = folder;
  while (!existsSync(path)) path = dirname(path);
  const { bavail, bsize } = await statfs(path);
  return judgeDisk(check, bavail * bsize, `at ${path}`);
}

function judgeDisk(check: string, free: number, place: string): Finding {
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free ${place}`;
  if (free < DISK_FAIL_BYTES) return fail(check, detail, 'Free space now: writes are about to fail.');
  if (free < DISK_WARN_BYTES) return warn(check, detail, 'Free space, or move the data to a larger disk.');
  return ok(check, detail);
}

async function checkStore(store: Store, database: Database, options: DiagnosisOptions): Promise<Finding[]> {
  const { clock, env } = options;
  const findings = [checkKind(database, env)];
  findings.push(
    await store.probe().then(
      () => ok('database writes', 'a small write reached the disk'),
      (error: Error) =>
        fail(
          'database writes',
          error.message,
          'Check the disk of the database and the rights of its account.',
        ),
    ),
  );
  findings.push(
    store.hasChangeStreams
      ? ok('change streams', 'available: several instances can work together')
      : warn(
          'change streams',
          'a standalone server has none',
          'Use a replica set, or a single instance only.',
        ),
  );
  const before = clock();
  const { now, missingIndexes, disk } = await store.inspect();
  findings.push(checkClock(now, (before + clock()) / 2));
  if (disk !== null) findings.push(judgeDisk('disk of the database', disk.free, 'on its machine'));
  findings.push(await checkVersion(store));
  findings.push(await checkPepper(store, env));
  findings.push(
    missingIndexes.length === 0
      ? ok('indexes', 'all exist')
      : warn('indexes', `missing: ${missingIndexes.join(', ')}`, 'The next start of a server creates them.'),
  );
  findings.push(await checkModel(store, clock()));
  return findings;
}

function checkKind({ description, hint, kind }: Database, env: DiagnosisOptions['env']): Finding {
  if (hint !== null) return warn('database', description, hint);
  if (kind !== 'uri' && env['NODE_ENV'] === 'production')
    return warn('database', description, 'In production use a MongoDB replica set (MONGODB_URI).');
  return ok('database', description);
}

function checkClock(databaseNow: number | null, now: number): Finding {
  if (databaseNow === null) return ok('clock', 'the database does not report its time');
  const difference = Math.abs(databaseNow - now);
  const detail = `${(difference / 1_000).toFixed(1)} s from the clock of the database`;
  const advice = 'Synchronize the clocks of all machines (NTP).';
  if (difference >= CLOCK_FAIL_MS) return fail('clock', detail, advice);
  return difference >= CLOCK_WARN_MS ? warn('clock', detail, advice) : ok('clock', detail);
}

async function checkVersion({ migrations }: Store): Promise<Finding> {
  const check = 'version of stored data';
  const version = await migrations.storedVersion();
  if (await migrations.isRestoring())
    return fail(check, 'a restore was interrupted', 'Repeat `npm run restore` with --replace.');
  if (version === null) return ok(check, 'nothing is stored yet');
  if (version > DATA_VERSION)
    return fail(check, `${version}, later than ${DATA_VERSION}`, 'Install the release that wrote the data.');
  if (version < DATA_VERSION)
    return warn(check, `${version}, before ${DATA_VERSION}`, 'The next start of a server migrates the data.');
  return ok(check, String(version));
}

async function checkPepper(store: Store, env: DiagnosisOptions['env']): Promise<Finding> {
  const check = 'pepper of stored users';
  const stored = await store.dataset.findKeyVersion();
  if (stored === null) return ok(check, 'no users are stored yet');
  const pepper = readPepper(env, readDatabaseSettings(databaseOnly(env)).dataDir);
  if (pepper === null) return fail(check, `key version ${stored}, no pepper here`, 'Restore the pepper.');
  const { keyVersion } = createPseudonymizer(pseudonymKey(pepper));
  if (keyVersion === stored) return ok(check, `the same, key version ${stored}`);
  const advice = 'Restore the pepper with which the users were stored; no server starts with another one.';
  return fail(check, `key version ${stored}, not ${keyVersion}`, advice);
}

async function checkModel(store: Store, now: number): Promise<Finding> {
  const check = 'active model';
  const version = await store.models.findActiveVersion();
  if (version === null) {
    if ((await store.activity.countEvents()) === 0) return ok(check, 'none, and no events to learn from');
    return warn(check, 'none', 'Run `npm run retrain`.');
  }
  const meta = await store.models.find(version);
  const advice = 'Roll back to another version, or run `npm run retrain`.';
  if (meta === null) return fail(check, `version ${version} is not stored`, advice);
  try {
    unpackVersion(meta, await store.models.getParts(version));
  } catch (error) {
    return fail(check, (error as Error).message, advice);
  }
  const days = Math.floor((now - meta.trainedAt) / DAY_MS);
  const detail = `version ${version}, complete, trained on data up to ${days} days ago`;
  if (days <= OLD_MODEL_DAYS) return ok(check, detail);
  return warn(check, detail, 'Look at the latest runs: the weekly retrain fails or holds its versions back.');
}

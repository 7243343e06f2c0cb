/** Settings: defaults, every rule, one message for all that is wrong, and `.env.example` in step. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  InvalidSettingsError,
  SETTING_DESCRIPTIONS,
  SETTING_NAMES,
  readSettings,
} from '../../server/app/settings.js';

const SECRET = '5e1b0c9d74fa3862e05d19b7c843f6a2917cde40b85f36a1d2940e7bc6835fa9';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-settings-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const read = (env: Record<string, string> = {}) =>
  readSettings({ SMARTPERSONA_DATA_DIR: dataDir, ...env }, { makesKeys: true });

function problems(env: Record<string, string>): readonly string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('the demo setting', () => {
  it.each<[Record<string, string>, boolean]>([
    [{ NODE_ENV: 'development' }, true],
    [{ NODE_ENV: 'test' }, true],
    [{ NODE_ENV: 'production' }, false],
    [{ NODE_ENV: 'production', SMARTPERSONA_DEMO: 'true' }, true],
    [{ NODE_ENV: 'production', SMARTPERSONA_DEMO: 'false' }, false],
    [{ NODE_ENV: 'development', SMARTPERSONA_DEMO: 'false' }, false],
  ])('with %o is %s', (env, expected) => {
    expect(read(env).isDemoAllowed).toBe(expected);
  });
});

describe('settings', () => {
  it('have defaults that suit a first try on one machine', () => {
    expect(read()).toMatchObject({
      mongodbUri: null,
      port: 4_000,
      host: '127.0.0.1',
      dataDir,
      seedUsers: 10_000,
      retrainCron: '0 3 * * 0',
      retrainTimeZone: 'UTC',
      driftCron: '0 4 * * *',
      driftRetrainHours: 0,
      guardTolerance: 0.02,
      keepVersions: 8,
      epsilonPerDay: null,
      allowedOrigins: [],
      trustedProxies: 0,
      metricsToken: null,
      isPersistedOnly: false,
      persistedManifests: [],
      trainingThreads: null,
      tokenMaxDays: 365,
      isDemoAllowed: true,
      isProduction: false,
      logLevel: 'info',
    });
  });

  it('are taken from the environment', () => {
    const settings = read({
      MONGODB_URI: 'mongodb://db.example/x',
      PORT: '0',
      HOST: '0.0.0.0',
      SMARTPERSONA_SECRET: SECRET,
      SMARTPERSONA_SEED_USERS: '0',
      SMARTPERSONA_RETRAIN_CRON: '*/5 * * * *',
      SMARTPERSONA_RETRAIN_TIMEZONE: 'Europe/Istanbul',
      SMARTPERSONA_GUARD_TOLERANCE: '-12.5',
      SMARTPERSONA_KEEP_VERSIONS: '3',
      SMARTPERSONA_DP_EPSILON: '0.5',
      SMARTPERSONA_DP_TRAINING_EPSILON: '10',
      SMARTPERSONA_DP_TRAINING_DELTA: '1e-6',
      SMARTPERSONA_ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080',
      SMARTPERSONA_TRUSTED_PROXIES: '1',
      SMARTPERSONA_METRICS_TOKEN: 'scrape-me-if-you-can',
      SPARK_MASTER: 'spark://host:7077',
      SMARTPERSONA_PERSISTED_ONLY: 'true',
      SMARTPERSONA_PERSISTED_MANIFESTS: 'shop.json, app.json',
      NODE_ENV: 'production',
      LOG_LEVEL: 'debug',
    });
    expect(settings).toMatchObject({
      mongodbUri: 'mongodb://db.example/x',
      port: 0,
      host: '0.0.0.0',
      seedUsers: 0,
      retrainCron: '*/5 * * * *',
      retrainTimeZone: 'Europe/Istanbul',
      epsilonPerDay: { numerator: 5, denominator: 10 },
      guardTolerance: -0.125,
      keepVersions: 3,
      allowedOrigins: ['https://a.example', 'http://b.example:8080'],
      trustedProxies: 1,
      metricsToken: 'scrape-me-if-you-can',
      sparkMaster: null,
      isPersistedOnly: true,
      persistedManifests: ['shop.json', 'app.json'],
      isProduction: true,
      logLevel: 'debug',
    });
    expect(Buffer.from(settings.secret).toString()).toBe(SECRET);
  });

  it('ask for Spark with the trainer, which does not train privately', () => {
    const spark = { SMARTPERSONA_TRAINER: 'spark' };
    expect(read(spark).sparkMaster).toBe('local[*]');
    expect(read({ ...spark, SPARK_MASTER: 'yarn' }).sparkMaster).toBe('yarn');
    const [problem] = problems({ ...spark, SMARTPERSONA_DP_TRAINING_EPSILON: '1' });
    expect(problem).toContain('SMARTPERSONA_TRAINER must be local');
  });

  it('put an account with any characters into the URI, unless the URI has one', () => {
    const account = { MONGODB_USER: 'us er', MONGODB_PASSWORD: 'p@ss/w:rd%$&' };
    expect(read({ ...account, MONGODB_URI: 'mongodb://db.example/x' }).mongodbUri).toBe(
      'mongodb://us%20er:p%40ss%2Fw%3Ard%25%24%26@db.example/x',
    );
    const own = 'mongodb+srv://a:b@db.example/x';
    expect(read({ ...account, MONGODB_URI: own }).mongodbUri).toBe(own);
    expect(read(account).mongodbUri).toBeNull();
  });

  it('take an empty value for one that is not set', () => {
    expect(read({ MONGODB_URI: '', PORT: ' ', SMARTPERSONA_PEPPER: '' })).toMatchObject({
      mongodbUri: null,
      port: 4_000,
    });
  });

  it.each([
    ['MONGODB_URI', 'localhost:27017', 'mongodb://'],
    ['PORT', '4e3', 'whole number'],
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', '-1', 'whole number'],
    ['HOST', 'http://x', 'address'],
    ['SMARTPERSONA_SECRET', 'secret', '32 bytes'],
    ['SMARTPERSONA_PEPPER', 'pepper', '32 bytes'],
    ['SMARTPERSONA_SEED_USERS', 'many', 'whole number'],
    ['SMARTPERSONA_RETRAIN_CRON', 'weekly', 'cron'],
    ['SMARTPERSONA_RETRAIN_CRON', '61 * * * *', 'cron'],
    ['SMARTPERSONA_RETRAIN_TIMEZONE', 'Mars/Olympus', 'time zone'],
    ['SMARTPERSONA_DRIFT_CRON', 'daily', 'cron'],
    ['SMARTPERSONA_DRIFT_RETRAIN_HOURS', '9999', 'whole number'],
    ['SMARTPERSONA_GUARD_TOLERANCE', '101', 'percentage'],
    ['SMARTPERSONA_GUARD_TOLERANCE', 'strict', 'percentage'],
    ['SMARTPERSONA_KEEP_VERSIONS', '1', 'from 2'],
    ['SMARTPERSONA_DP_EPSILON', '-1', '0 is off'],
    ['SMARTPERSONA_DP_EPSILON', 'much', '0 is off'],
    ['SMARTPERSONA_DP_TRAINING_EPSILON', '-1', '0 is off'],
    ['SMARTPERSONA_DP_TRAINING_DELTA', '0', 'from 1e-12 to 0.01'],
    ['SMARTPERSONA_DP_TRAINING_DELTA', 'small', 'from 1e-12 to 0.01'],
    ['SMARTPERSONA_ALLOWED_ORIGINS', 'https://a.example/path', 'origins'],
    ['SMARTPERSONA_TRUSTED_PROXIES', 'all', 'whole number'],
    ['SMARTPERSONA_METRICS_TOKEN', 'short', '16 to 200'],
    ['SMARTPERSONA_TRAINER', 'hadoop', 'local or spark'],
    ['SPARK_MASTER', 'host:7077', 'spark://host:7077'],
    ['SMARTPERSONA_PERSISTED_ONLY', 'yes', 'true or false'],
    ['NODE_ENV', 'prod', 'production'],
    ['LOG_LEVEL', 'loud', 'one of'],
  ])('refuse %s=%s and say what would do', (name, value, advice) => {
    const found = problems({ [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
    expect(found[0]).toContain(advice);
  });

  it('tell everything that is wrong at once, and no secret with it', () => {
    const env = {
      PORT: 'x',
      LOG_LEVEL: 'loud',
      SMARTPERSONA_PEPPER: 'hunter2',
      MONGODB_URI: 'http://u:hunter3@h',
    };
    expect(problems(env)).toHaveLength(4);
    expect(() => read(env)).toThrow(/PORT[^]*LOG_LEVEL/);
    expect(problems(env).join()).not.toMatch(/hunter/);
  });

  it('are all listed in .env.example, with their defaults, and nothing else is', async () => {
    const text = await readFile('.env.example', 'utf8');
    const listed = [...text.matchAll(/^# ([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => ({
      name,
      value,
    }));
    const ours = listed.filter(({ name }) => !name.startsWith('MONGO_ROOT_'));
    expect(ours.map(({ name }) => name).sort()).toEqual([...SETTING_NAMES].sort());

    const examples = Object.fromEntries(ours.map(({ name, value }) => [name, value]));
    const { secret, pepper, ...fromExample } = read({
      ...examples,
      MONGODB_URI: '',
      SMARTPERSONA_DATA_DIR: dataDir,
    });
    const { secret: _secret, pepper: _pepper, ...defaults } = read();
    expect(fromExample).toEqual(defaults);
    expect(secret.length * pepper.key.length).toBeGreaterThan(0);
  });
});

describe('the table of settings in docs/operate.md', () => {
  it('holds every setting with its default and its meaning', async () => {
    const example = await readFile('.env.example', 'utf8');
    const defaults = Object.fromEntries(
      [...example.matchAll(/^# ([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    const [section] = /^## Settings\n.*?(?=^## )/ms.exec(await readFile('docs/operate.md', 'utf8'))!;
    const rows = [...section.matchAll(/^\| `([A-Z][A-Z0-9_]+)` +\|(.*)\|(.*)\|$/gm)].map(
      ([, name, value, meaning]) => [name, value.trim().replaceAll('`', ''), meaning.trim()],
    );
    expect(rows).toEqual(
      Object.entries(SETTING_DESCRIPTIONS).map(([name, meaning]) => [
        ...[name, name === 'MONGODB_URI' ? '' : defaults[name], meaning],
      ]),
    );
  });
});

describe('the file .env', () => {
  it('is read from the current folder, and the environment wins', async () => {
    await writeFile(join(dataDir, '.env'), 'PORT=4711\nLOG_LEVEL="debug"\nHOST=0.0.0.0\n');
    const { NODE_ENV: _, ...environment } = process.env;
    const script = `
      import { readEnvironment } from ${JSON.stringify(pathToFileURL(resolve('server/app/settings.ts')).href)};
      const { PORT, HOST, LOG_LEVEL } = readEnvironment();
      process.stdout.write([PORT, HOST, LOG_LEVEL].join());`;
    const start = (env: Record<string, string>) =>
      promisify(execFile)(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script],
        { cwd: dataDir, env: { ...environment, PORT: undefined, HOST: '127.0.0.2', ...env } },
      );
    const [server, test] = await Promise.all([start({}), start({ NODE_ENV: 'test' })]);
    expect(server.stdout).toBe('4711,127.0.0.2,debug');
    expect(test.stdout).toBe(',127.0.0.2,');
  });
});

describe('secrets that are not set', () => {
  it('are made once, kept with mode 0600, and stay the same', async () => {
    const first = read();
    const again = read();
    expect(again.secret).toEqual(first.secret);
    expect(again.pepper).toEqual(first.pepper);
    expect(Buffer.from(first.secret).toString()).not.toBe(Buffer.from(first.pepper.key).toString('hex'));
    for (const name of ['secret', 'pepper']) {
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('are the same for programs that start at once', async () => {
    const script = `
      import { readSettings } from './server/app/settings.ts';
      process.stdout.write(readSettings(process.env, { makesKeys: true }).pepper.keyVersion);`;
    const start = () =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        env: { ...process.env, SMARTPERSONA_DATA_DIR: join(dataDir, 'new'), NODE_ENV: 'test' },
      });
    const outputs = await Promise.all([start(), start(), start()]);
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
    expect(outputs[0].stdout).toMatch(/^[0-9a-f]{8}$/);
  });

  it('are not made by a program that only uses an installation', async () => {
    const use = () => readSettings({ SMARTPERSONA_DATA_DIR: dataDir }, { makesKeys: false });
    expect(use).toThrow(/SMARTPERSONA_SECRET is not set[^]*pepper[^]*npm start/);
    expect(await readdir(dataDir)).toEqual([]);
    const made = read();
    expect(use().pepper).toEqual(made.pepper);
  });

  it('are not replaced when the file was damaged', async () => {
    await writeFile(join(dataDir, 'pepper'), 'oops\n');
    expect(problems({})[0]).toContain('pepper');
    expect(await readFile(join(dataDir, 'pepper'), 'utf8')).toBe('oops\n');
  });

  it('need a folder that can be written to', async () => {
    await writeFile(join(dataDir, 'file'), '');
    expect(problems({ SMARTPERSONA_DATA_DIR: join(dataDir, 'file', 'below') })[0]).toContain(
      'SMARTPERSONA_DATA_DIR',
    );
  });
});

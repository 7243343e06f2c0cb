/**
 * The settings: environment variables, read once at start. All problems are reported in a single message, with advice.
 * `.env.example` lists the variables.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { isSchedule } from '../../jobs/index.js';
import { cacheFolder, type DatabaseSettings } from '../database/index.js';
import type { Exclusion, TrainingPrivacy } from '../domain/index.js';
import { DEFAULT_EXCLUSIONS, SmartPersonaError, isOrigin, parseExclusions } from '../domain/index.js';
import type { Fraction, PseudonymKey } from '../privacy/index.js';
import { parseFraction, pseudonymKey, secretProblem } from '../privacy/index.js';

import { readOrCreateSecret, readSecret } from './secret-file.js';

const ENV_FILE = '.env';
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MAX_SEED_USERS = 1_000_000;

export interface Settings extends DatabaseSettings {
  /** 0 for any free port. */
  readonly port: number;
  readonly host: string;
  /** Key that signs tokens; at least 32 bytes. */
  readonly secret: Uint8Array;
  /** The key of the pseudonyms. */
  readonly pepper: PseudonymKey;
  /** Synthetic users created on the first start; 0 for none. */
  readonly seedUsers: number;
  readonly retrainCron: string;
  /** An IANA time zone. */
  readonly retrainTimeZone: string;
  readonly driftCron: string;
  /** Publishes the item side of the model, for ranking on the user's device. */
  readonly hasPrivateMode: boolean;
  /** Minimum hours between the start of the latest run and a run started by drift; 0 disables such runs. */
  readonly driftRetrainHours: number;
  /** Maximum relative loss of quality with which a new version is activated; negative requires a gain. */
  readonly guardTolerance: number;
  /** Reasons not to list an item again, unless a request overrides them. */
  readonly exclude: readonly Exclusion[];
  /** Number of model versions kept for roll-back. */
  readonly keepVersions: number;
  /** Privacy budget of the dashboards per day; null: off. */
  readonly epsilonPerDay: Fraction | null;
  /** Differential privacy of the recommender's training; null: off. */
  readonly trainingPrivacy: TrainingPrivacy | null;
  readonly allowedOrigins: readonly string[];
  /** Number of proxies in front of the server that write X-Forwarded-For. */
  readonly trustedProxies: number;
  /** The bearer token of /metrics; null: no token (see `mayReadMetrics`). */
  readonly metricsToken: string | null;
  /** Concurrent GraphQL requests; further requests wait briefly and are then refused. */
  readonly maxInFlight: number;
  /** Threads that train; null: one per processor. */
  readonly trainingThreads: number | null;
  /** The master of the Spark that factorises; null: this process does. */
  readonly sparkMaster: string | null;
  /** Serves only registered operations. */
  readonly isPersistedOnly: boolean;
  /** Files with the operations of further frontends; the client's operations are always registered. */
  readonly persistedManifests: readonly string[];
  /** Allows webhooks to private addresses and over plain HTTP. */
  readonly allowsPrivateWebhooks: boolean;
  /** Maximum lifetime of a token, in days; longer-lived tokens are refused. */
  readonly tokenMaxDays: number;
  /** Allows demo sign-in as a synthetic user while all data are synthetic. */
  readonly isDemoAllowed: boolean;
  /** Base address of an OpenTelemetry collector (OTLP over HTTP); null: no traces. */
  readonly otlpEndpoint: string | null;
  readonly isProduction: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** Settings are invalid; the message lists all problems. */
export class InvalidSettingsError extends SmartPersonaError {
  readonly code = 'INVALID_SETTINGS';
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? 'A setting is' : 'Some settings are'} wrong:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

const text = z.string().trim();

/** An integer within bounds, in decimal digits only: "4e3" and "0x10" are probably mistakes. */
function wholeNumber(least: number, most: number, advice: string) {
  const message = `must be a whole number from ${least} to ${most}${advice}`;
  return text
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** Separated by commas. */
const list = text.transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

const secret = text.superRefine((value, context) => {
  const problem = secretProblem(value);
  if (problem !== null) {
    const advice =
      '; generate it with `openssl rand -hex 32`, or omit it to have it generated in the data folder';
    context.addIssue({ code: 'custom', message: problem + advice });
  }
});

const TOLERANCE =
  'must be a percentage from -100 to 100: the maximum loss with which a new model is activated; negative requires a gain';

const MASTER_RULE = 'must be a master of Spark: local[*], spark://host:7077, yarn or k8s://https://host:443';

const PRIVATE_ON_SPARK =
  'SMARTPERSONA_TRAINER must be local with SMARTPERSONA_DP_TRAINING_EPSILON: private training does not run on Spark';

const EXCLUSIONS_RULE =
  'must be one or more of rated, bought, viewed and listed, separated by commas, or none; dislikes are never listed';

/** Every setting, its rule and its default; the key order is the order of `.env.example`. */
const variables = z.object({
  MONGODB_URI: text
    .regex(
      /^mongodb(\+srv)?:\/\/\S+$/,
      'must begin with mongodb:// or mongodb+srv://; leave it out for an embedded database',
    )
    .optional()
    .describe('A MongoDB server, best a replica set; without it, an embedded database in the data folder.'),
  MONGODB_USER: text.optional().describe('The account for MONGODB_URI, where the URI names none.'),
  MONGODB_PASSWORD: z.string().optional().describe('Its password, in any characters.'),
  PORT: wholeNumber(0, 65_535, '; 0 takes any free port')
    .default(4_000)
    .describe('Where the server listens.'),
  HOST: text
    .regex(/^[\w.:-]+$/, 'must be an address to listen on, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1')
    .describe('The address it listens on; 0.0.0.0 opens it to the network.'),
  SMARTPERSONA_DATA_DIR: text
    .default('.data')
    .describe('Keys, ground truth of the simulation, reject files and the embedded database.'),
  SMARTPERSONA_SECRET: secret
    .optional()
    .describe('Signs tokens; at least 32 bytes. Made in the data folder when left out.'),
  SMARTPERSONA_PEPPER: secret
    .optional()
    .describe('Keys the pseudonyms; at least 32 bytes. Made in the data folder when left out. Back it up.'),
  SMARTPERSONA_SEED_USERS: wholeNumber(0, MAX_SEED_USERS, '; 0 makes none')
    .default(10_000)
    .describe('Simulated users of the first start; 0 for none.'),
  SMARTPERSONA_RETRAIN_CRON: text
    .refine(isSchedule, 'must be five cron fields, such as "0 3 * * 0" for Sundays at three')
    .default('0 3 * * 0')
    .describe('When the retrain runs.'),
  SMARTPERSONA_RETRAIN_TIMEZONE: text
    .refine(isTimeZone, 'must be an IANA time zone, such as UTC or Europe/Berlin')
    .default('UTC')
    .describe('The time zone of the schedules.'),
  SMARTPERSONA_DRIFT_CRON: text
    .refine(isSchedule, 'must be five cron fields, such as "0 4 * * *" for every day at four')
    .default('0 4 * * *')
    .describe('When drift is measured.'),
  SMARTPERSONA_DRIFT_RETRAIN_HOURS: wholeNumber(0, 8_760, '; 0 lets drift start no retrain')
    .default(0)
    .describe('Drift starts a retrain when the last is this many hours old; 0: never.'),
  SMARTPERSONA_GUARD_TOLERANCE: text
    .regex(/^-?\d{1,3}(\.\d{1,3})?$/, TOLERANCE)
    .transform(Number)
    .refine((value) => Math.abs(value) <= 100, TOLERANCE)
    .default(2)
    .describe('Percent of NDCG@10 that a new version may lose and still be activated.'),
  SMARTPERSONA_EXCLUDE: text
    .transform(parseExclusions)
    .refine((value) => value !== null, EXCLUSIONS_RULE)
    .transform((value) => value ?? DEFAULT_EXCLUSIONS)
    .default(DEFAULT_EXCLUSIONS)
    .describe('Why an item is not listed again: rated, bought, viewed, listed, or none.'),
  SMARTPERSONA_KEEP_VERSIONS: wholeNumber(2, 1_000, '').default(8).describe('Model versions kept.'),
  SMARTPERSONA_DP_EPSILON: text
    .regex(
      /^\d{1,2}(\.\d{1,4})?$/,
      'must be a number from 0 to 99 with at most four decimals, such as 1 or 0.5; 0 is off',
    )
    .transform(parseFraction)
    .transform((epsilon) => (epsilon.numerator === 0 ? null : epsilon))
    .default(null)
    .describe('Privacy budget per day of all published figures; 0 is off.'),
  SMARTPERSONA_DP_TRAINING_EPSILON: text
    .regex(/^\d{1,2}(\.\d{1,4})?$/, 'must be a number from 0 to 99 with at most four decimals; 0 is off')
    .transform(Number)
    .default(0)
    .describe("Epsilon of each user's part in the recommender of a version; 0 is off."),
  SMARTPERSONA_DP_TRAINING_DELTA: text
    .transform(Number)
    .refine((delta) => delta >= 1e-12 && delta <= 0.01, 'must be a number from 1e-12 to 0.01, such as 1e-6')
    .default(1e-6)
    .describe('Delta of the same; well below one over the number of users.'),
  SMARTPERSONA_PRIVATE_MODE: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .describe('false does not publish the item side of the model, which ranks on devices.'),
  SMARTPERSONA_ALLOWED_ORIGINS: list
    .refine(
      (origins) => origins.every(isOrigin),
      'must be origins separated by commas, such as https://shop.example',
    )
    .default([])
    .describe('Other origins whose pages may use the API, separated by commas.'),
  SMARTPERSONA_TRUSTED_PROXIES: wholeNumber(0, 10, '')
    .default(0)
    .describe('Proxies in front of the server that write X-Forwarded-For.'),
  SMARTPERSONA_METRICS_TOKEN: text
    .regex(/^[\w.~+/=-]{16,200}$/, 'must have 16 to 200 letters, digits and . _ ~ + / = -')
    .optional()
    .describe(
      'The bearer token of /metrics. Without it: off in production, else open to the machine itself.',
    ),
  SMARTPERSONA_MAX_IN_FLIGHT: wholeNumber(1, 10_000, '')
    .default(32)
    .describe('GraphQL requests worked on at once; more wait shortly and are then refused with 503.'),
  SMARTPERSONA_TRAINING_THREADS: wholeNumber(1, 256, '')
    .optional()
    .describe('Threads that train, at low priority. Without it: one per processor.'),
  SMARTPERSONA_TRAINER: z
    .enum(['local', 'spark'], 'must be local or spark')
    .default('local')
    .describe('Where the recommender is factorised: in this process, or on Apache Spark.'),
  SPARK_MASTER: text
    .regex(/^(local(\[[\d*,]+\])?|local-cluster\[\d+,\d+,\d+\]|yarn|(spark|k8s):\/\/\S+)$/, MASTER_RULE)
    .default('local[*]')
    .describe('The master of that Spark, such as spark://host:7077.'),
  SMARTPERSONA_PERSISTED_ONLY: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .describe('true serves registered operations and no others.'),
  SMARTPERSONA_PERSISTED_MANIFESTS: list
    .default([])
    .describe('Files with the registered operations of other frontends, separated by commas.'),
  SMARTPERSONA_WEBHOOK_PRIVATE: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .describe('true allows webhooks to private addresses and over plain HTTP.'),
  SMARTPERSONA_TOKEN_MAX_DAYS: wholeNumber(1, 3_650, '')
    .default(365)
    .describe('The longest life of a token in days; one that lives longer is refused.'),
  SMARTPERSONA_DEMO: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .describe('Sign-in as a simulated user while nothing is real. Default true, in production false.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: text
    .refine(
      (value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value),
      'must be an address, such as http://127.0.0.1:4318',
    )
    .optional()
    .describe('Where traces are sent, OTLP over HTTP; without it, none.'),
  NODE_ENV: text
    .refine(
      (value) => ['production', 'development', 'test'].includes(value),
      'must be production, development or test',
    )
    .default('development')
    .describe('production, development or test; production closes introspection and the explorer.'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent.'),
});

/** Names and descriptions of all settings; a test compares docs/operate.md and docker-compose.yml with them. */
export const SETTING_DESCRIPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(variables.shape).map(([name, rule]) => [name, rule.description ?? '']),
);
export const SETTING_NAMES: readonly string[] = Object.keys(SETTING_DESCRIPTIONS);

/**
 * The environment, extended by `.env` in the current folder; a variable that is already set takes precedence. Tests
 * (NODE_ENV=test) do not read the file, so that they do not depend on the machine.
 */
export function readEnvironment(): NodeJS.ProcessEnv {
  if (process.env.NODE_ENV !== 'test' && existsSync(ENV_FILE)) {
    try {
      process.loadEnvFile(ENV_FILE);
    } catch (error) {
      throw new InvalidSettingsError([`${resolve(ENV_FILE)} cannot be read: ${(error as Error).message}`]);
    }
  }
  return process.env;
}

/**
 * Reads and validates the settings. Keys that are not set are read from the data folder. With `makesKeys`, missing keys
 * are created there; a program that only uses an installation passes false, and a missing key is an error. Throws
 * InvalidSettingsError with all problems.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  { makesKeys }: { readonly makesKeys: boolean },
): Settings {
  const values = parseVariables(env);
  const database = databaseSettings(values, env);
  const { dataDir } = database;
  const keys = { SECRET: values.SMARTPERSONA_SECRET, PEPPER: values.SMARTPERSONA_PEPPER };
  if (!makesKeys) requireKeys(keys, dataDir);
  return {
    ...database,
    port: values.PORT,
    host: values.HOST,
    secret: Buffer.from(keys.SECRET ?? storedSecret(dataDir, 'secret'), 'utf8'),
    pepper: pseudonymKey(keys.PEPPER ?? storedSecret(dataDir, 'pepper')),
    seedUsers: values.SMARTPERSONA_SEED_USERS,
    retrainCron: values.SMARTPERSONA_RETRAIN_CRON,
    retrainTimeZone: values.SMARTPERSONA_RETRAIN_TIMEZONE,
    driftCron: values.SMARTPERSONA_DRIFT_CRON,
    driftRetrainHours: values.SMARTPERSONA_DRIFT_RETRAIN_HOURS,
    guardTolerance: values.SMARTPERSONA_GUARD_TOLERANCE / 100,
    exclude: values.SMARTPERSONA_EXCLUDE,
    keepVersions: values.SMARTPERSONA_KEEP_VERSIONS,
    epsilonPerDay: values.SMARTPERSONA_DP_EPSILON,
    trainingPrivacy:
      values.SMARTPERSONA_DP_TRAINING_EPSILON === 0
        ? null
        : {
            epsilon: values.SMARTPERSONA_DP_TRAINING_EPSILON,
            delta: values.SMARTPERSONA_DP_TRAINING_DELTA,
          },
    hasPrivateMode: values.SMARTPERSONA_PRIVATE_MODE === 'true',
    allowedOrigins: values.SMARTPERSONA_ALLOWED_ORIGINS,
    trustedProxies: values.SMARTPERSONA_TRUSTED_PROXIES,
    metricsToken: values.SMARTPERSONA_METRICS_TOKEN ?? null,
    maxInFlight: values.SMARTPERSONA_MAX_IN_FLIGHT,
    trainingThreads: values.SMARTPERSONA_TRAINING_THREADS ?? null,
    sparkMaster: values.SMARTPERSONA_TRAINER === 'spark' ? values.SPARK_MASTER : null,
    isPersistedOnly: values.SMARTPERSONA_PERSISTED_ONLY === 'true',
    persistedManifests: values.SMARTPERSONA_PERSISTED_MANIFESTS,
    allowsPrivateWebhooks: values.SMARTPERSONA_WEBHOOK_PRIVATE === 'true',
    tokenMaxDays: values.SMARTPERSONA_TOKEN_MAX_DAYS,
    isDemoAllowed: (values.SMARTPERSONA_DEMO ?? String(values.NODE_ENV !== 'production')) === 'true',
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    isProduction: values.NODE_ENV === 'production',
    logLevel: values.LOG_LEVEL,
  };
}

/** Settings of a program that needs the database but no keys. Throws InvalidSettingsError. */
export function readDatabaseSettings(env: Readonly<Record<string, string | undefined>>): DatabaseSettings {
  return databaseSettings(parseVariables(env), env);
}

function parseVariables(env: Readonly<Record<string, string | undefined>>): z.infer<typeof variables> {
  // `NAME=` in a file gives an empty value, which means "not set".
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, env[name]?.trim() || undefined]));
  const parsed = variables.safeParse(given);
  if (parsed.success) {
    const { SMARTPERSONA_TRAINER: trainer, SMARTPERSONA_DP_TRAINING_EPSILON: epsilon } = parsed.data;
    if (trainer === 'spark' && epsilon > 0) throw new InvalidSettingsError([PRIVATE_ON_SPARK]);
    return parsed.data;
  }
  throw new InvalidSettingsError(
    parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
  );
}

function databaseSettings(
  values: z.infer<typeof variables>,
  env: Readonly<Record<string, string | undefined>>,
): DatabaseSettings {
  return {
    mongodbUri: values.MONGODB_URI === undefined ? null : withAccount(values.MONGODB_URI, values),
    dataDir: resolve(values.SMARTPERSONA_DATA_DIR),
    programPath: env['PATH'] ?? '',
    cacheDir: cacheFolder(env),
  };
}

/** Throws InvalidSettingsError for keys that are neither set nor in the data folder. */
function requireKeys(keys: Readonly<Record<string, string | undefined>>, dataDir: string): void {
  const missing = Object.keys(keys).filter((name) => {
    if (keys[name] !== undefined) return false;
    try {
      return readSecret(dataDir, name.toLowerCase()) === null;
    } catch (error) {
      throw new InvalidSettingsError([
        `SMARTPERSONA_${name} is not set, and its file cannot be read: ${(error as Error).message}`,
      ]);
    }
  });
  if (missing.length === 0) return;
  throw new InvalidSettingsError([
    ...missing.map(
      (name) => `SMARTPERSONA_${name} is not set, and there is no file ${join(dataDir, name.toLowerCase())}`,
    ),
    'only the server makes keys: run `npm start` once with this data folder, set SMARTPERSONA_DATA_DIR to the' +
      " server's data folder, or set the server's own keys (with docker compose, run the command in the container:" +
      ' `docker compose exec server node dist/server/app/commands/token.js --help`)',
  ]);
}

/** Adds the account of the settings to the URI, percent-encoded, unless the URI already has an account. */
function withAccount(
  uri: string,
  {
    MONGODB_USER: user,
    MONGODB_PASSWORD: password = '',
  }: { MONGODB_USER?: string; MONGODB_PASSWORD?: string },
): string {
  if (user === undefined || /^[^:]+:\/\/[^/?]*@/.test(uri)) return uri;
  return uri.replace('://', () => `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
}

const BROKEN_ADVICE = {
  secret:
    'Restore it from a backup, or delete it to have a new secret generated: existing tokens then become invalid',
  pepper: 'Restore it from a backup: with a different pepper no stored user would be recognized',
};

function storedSecret(dataDir: string, name: 'secret' | 'pepper'): string {
  try {
    const found = readOrCreateSecret(dataDir, name);
    const problem = secretProblem(found);
    if (problem === null) return found;
    throw new InvalidSettingsError([`the file ${dataDir}/${name} ${problem}. ${BROKEN_ADVICE[name]}`]);
  } catch (error) {
    if (error instanceof InvalidSettingsError) throw error;
    throw new InvalidSettingsError([
      `SMARTPERSONA_DATA_DIR must be a writable folder: ${(error as Error).message}`,
    ]);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

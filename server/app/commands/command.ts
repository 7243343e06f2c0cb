/** Shared by all commands: parses the command line, opens and closes the application, and reports failures. */

import { randomUUID } from 'node:crypto';

import { openDatabase } from '../../database/index.js';
import { createEventBus } from '../../events/index.js';
import { createPasswords, createPseudonymizer } from '../../privacy/index.js';
import { AccountService, AuditService } from '../../services/access/index.js';
import { createAnnounce } from '../../services/users/index.js';
import { TokenService } from '../../services/serving/index.js';
import { createMongoStore } from '../../store/mongo/index.js';
import type { Application } from '../application.js';
import { openApplication } from '../application.js';
import { createInstanceId } from '../container.js';
import { fail } from '../fail.js';
import { createLog } from '../log.js';
import { ignoreClosedOutput } from '../output.js';
import { productVersion } from '../package.js';
import type { Settings } from '../settings.js';
import { readEnvironment, readSettings } from '../settings.js';

import type { Command, ExitCode, Options, ValuesOf } from '../options.js';
import { EXIT, parseCommandLine } from '../options.js';

/** Parses `process.argv`; for `--help` and `--version` it prints and exits with 0. Throws UsageError. */
export function parseOrPrint<O extends Options>(
  command: Command<O>,
): { values: ValuesOf<O>; words: readonly string[] } {
  const parsed = parseCommandLine(command, process.argv.slice(2), productVersion());
  if (!('print' in parsed)) return parsed;
  process.stdout.write(parsed.print);
  process.exit(EXIT.done);
}

/** Runs a command that needs no database; it resolves with the exit code, by default 0. */
export function runCommand<O extends Options>(
  command: Command<O>,
  run: (values: ValuesOf<O>, words: readonly string[]) => Promise<ExitCode | void>,
): void {
  ignoreClosedOutput();
  const program = async () => {
    const { values, words } = parseOrPrint(command);
    return (await run(values, words)) ?? EXIT.done;
  };
  program().then((code) => process.exit(code), fail);
}

/** Context of a command about tokens and accounts. */
export interface AccessDesk {
  readonly settings: Settings;
  readonly pseudonymize: (rawId: string) => string;
  readonly register: TokenService;
  readonly accounts: AccountService;
  readonly audit: AuditService;
}

/** Runs a command with the database and the services of access only, loading no data, and always closes them. */
export function runWithAccess<O extends Options>(
  command: Command<O>,
  run: (desk: AccessDesk, values: ValuesOf<O>) => Promise<ExitCode | void>,
): void {
  runCommand(command, async (values) => {
    const settings = readSettings(readEnvironment(), { makesKeys: false });
    const log = createLog(settings);
    const origin = createInstanceId();
    const database = await openDatabase({ settings, log, role: 'command', onProgress: reportProgress });
    try {
      const store = await createMongoStore({ uri: database.uri, origin });
      try {
        const announce = createAnnounce(store, origin, Date.now);
        const { pseudonymize } = createPseudonymizer(settings.pepper);
        const parts = { store, bus: createEventBus(), announce, clock: Date.now, log };
        const register = new TokenService({ ...parts, maxDays: settings.tokenMaxDays });
        const accounts = new AccountService({ ...parts, passwords: createPasswords() });
        const audit = new AuditService({ ...parts, createId: randomUUID });
        return await run({ settings, pseudonymize, register, accounts, audit }, values);
      } finally {
        await store.close();
      }
    } finally {
      await database.stop();
    }
  });
}

/**
 * Opens the application, runs the command, and always closes the application. `beginsInstallation`: the command may be
 * the first program of an installation, and then creates its keys; default false.
 */
export function runWithApplication<O extends Options>(
  command: Command<O>,
  run: (application: Application, values: ValuesOf<O>) => Promise<ExitCode | void>,
  { beginsInstallation = false } = {},
): void {
  runCommand(command, async (values) => {
    const environment = readEnvironment();
    // Only create keys for the embedded database: an external database may contain users under different keys.
    const makesKeys = beginsInstallation && !environment.MONGODB_URI?.trim();
    const settings = readSettings(environment, { makesKeys });
    const application = await openApplication({
      settings,
      log: createLog(settings),
      role: 'command',
      onProgress: reportProgress,
    });
    try {
      return await run(application, values);
    } finally {
      await application.close();
    }
  });
}

function reportProgress(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** What every command shares: the command line parsed first, the application opened and closed around it, one way to fail. */

import type { Application } from '../application.js';
import { openApplication } from '../application.js';
import { fail } from '../fail.js';
import { createLog } from '../log.js';
import { productVersion } from '../package.js';
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

/** Runs a command that needs no database; what it resolves with is the exit code, by default 0. */
export function runCommand<O extends Options>(
  command: Command<O>,
  run: (values: ValuesOf<O>, words: readonly string[]) => Promise<ExitCode | void>,
): void {
  const program = async () => {
    const { values, words } = parseOrPrint(command);
    return (await run(values, words)) ?? EXIT.done;
  };
  program().then((code) => process.exit(code), fail);
}

/**
 * Opens the application, runs the command in it, and closes it whatever happens. `beginsInstallation`: the command may
 * be the first program of an installation, and then makes its keys; default false.
 */
export function runWithApplication<O extends Options>(
  command: Command<O>,
  run: (application: Application, values: ValuesOf<O>) => Promise<ExitCode | void>,
  { beginsInstallation = false } = {},
): void {
  runCommand(command, async (values) => {
    const environment = readEnvironment();
    // Keys are made beside the data they belong to. A database elsewhere may hold users under other keys.
    const makesKeys = beginsInstallation && !environment.MONGODB_URI?.trim();
    const settings = readSettings(environment, { makesKeys });
    const application = await openApplication({
      settings,
      log: createLog(settings),
      role: 'command',
      onProgress: (message) => process.stderr.write(`${message}\n`),
    });
    try {
      return await run(application, values);
    } finally {
      await application.close();
    }
  });
}

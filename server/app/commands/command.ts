/** What every command shares: settings, arguments, the application opened and closed around it, one way to fail. */

import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

import { InvalidInputError } from '../../domain/index.js';
import type { Application } from '../application.js';
import { openApplication } from '../application.js';
import { fail } from '../fail.js';
import { createLog } from '../log.js';
import { readSettings } from '../settings.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O; strict: true }>>['values'];

/** Parses `process.argv`; an unknown or incomplete option ends the command with its usage. */
export function parseOptions<O extends Options>(usage: string, options: O): Values<O> {
  try {
    return parseArgs({ options, strict: true }).values;
  } catch (error) {
    throw new InvalidInputError(`${(error as Error).message}\nUsage: ${usage}`);
  }
}

/** A required option, or an error that shows the usage. */
export function required(value: string | undefined, name: string, usage: string): string {
  if (value === undefined || value === '')
    throw new InvalidInputError(`--${name} is missing.\nUsage: ${usage}`);
  return value;
}

/** A whole number within [least, most]. */
export function wholeNumber(value: string, name: string, least: number, most: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new InvalidInputError(`--${name} must be a whole number from ${least} to ${most}, not "${value}".`);
}

/** Runs a command that needs no database. */
export function runCommand(run: () => Promise<void>): void {
  run().then(() => process.exit(0), fail);
}

/** Opens the application, runs the command in it, and closes it whatever happens. */
export function runWithApplication(run: (application: Application) => Promise<void>): void {
  runCommand(async () => {
    const settings = readSettings(process.env);
    const application = await openApplication({
      settings,
      log: createLog(settings),
      role: 'command',
      onProgress: (message) => process.stderr.write(`${message}\n`),
    });
    try {
      await run(application);
    } finally {
      await application.close();
    }
  });
}

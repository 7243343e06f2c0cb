/**
 * Declares, parses and prints the options of a command. They are parsed before the command opens anything, and values
 * are validated as far as possible from the command line alone.
 */

import { parseArgs } from 'node:util';

import { SmartPersonaError } from '../domain/index.js';

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  /** Written, but the share of refused input is above the command's limit. */
  partlyRefused: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_CODES = `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.wrongUsage} wrong option, ${EXIT.partlyRefused} done but much of the input was refused.`;

/** An option; `T` is the type of its value, including `undefined` for an optional value without a default. */
export interface Option<T> {
  readonly description: string;
  /** Placeholder of the value in the usage, such as FILE; null for a flag. */
  readonly placeholder: string | null;
  readonly isRequired: boolean;
  /** The default as text; null for none. */
  readonly defaultText: string | null;
  /** Parses the text of a value; throws WrongValue. Flags get 'true' or 'false'. */
  readonly parse: (text: string) => T;
}

/** Options by name, without the leading dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Description of a command for the parser and `--help`. */
export interface Command<O extends Options = Options> {
  /** The npm script: `import` for `npm run import`. */
  readonly name: string;
  /** Description of the command, in sentences. */
  readonly summary: string;
  readonly options: O;
  /** Example command lines. */
  readonly examples?: readonly string[];
  /** Accepted positional words, such as the names of benchmarks. Default none. */
  readonly words?: readonly string[];
  /** Validates the combination of options: returns the problem, as a sentence without full stop, or null. */
  readonly check?: (values: ValuesOf<O>) => string | null;
}

type Parsed<O extends Options> =
  /** A text to print instead of running the command. */
  { readonly print: string } | { readonly values: ValuesOf<O>; readonly words: readonly string[] };

/** The command line is invalid; the message is a single sentence. */
export class UsageError extends SmartPersonaError {
  readonly code = 'WRONG_USAGE';
}

/** The value of an option is invalid; the message completes the sentence "--name ...". */
export class WrongValue extends Error {}

/** An option without a value. Default false. */
export function flag(description: string): Option<boolean> {
  return {
    ...{ description, placeholder: null, isRequired: false, defaultText: null },
    parse: (value) => value === 'true',
  };
}

/** A required, non-empty text. */
export function required(placeholder: string, description: string): Option<string> {
  return { description, placeholder, isRequired: true, defaultText: null, parse: notEmpty };
}

/** An optional, non-empty text. */
export function optional(placeholder: string, description: string): Option<string | undefined> {
  return { description, placeholder, isRequired: false, defaultText: null, parse: notEmpty };
}

/** A text with a default. */
export function text(placeholder: string, description: string, defaultText: string): Option<string> {
  return { description, placeholder, isRequired: false, defaultText, parse: notEmpty };
}

/** A required word out of a list. */
export function oneOf<W extends string>(words: readonly W[], description: string): Option<W> {
  return {
    ...{ description, placeholder: words.join('|'), isRequired: true, defaultText: null },
    parse: (value) => {
      const word = words.find((one) => one === value);
      if (word === undefined) throw new WrongValue(`must be ${words.join(' or ')}`);
      return word;
    },
  };
}

/** An integer within [least, most], with a default. */
export function wholeNumber(
  description: string,
  { least, most, byDefault }: { least: number; most: number; byDefault: number },
): Option<number> {
  return {
    ...{ description, placeholder: 'N', isRequired: false, defaultText: String(byDefault) },
    parse: (value) => {
      const number = Number(value);
      if (/^\d+$/.test(value) && number >= least && number <= most) return number;
      throw new WrongValue(`must be a whole number from ${least} to ${most}, not "${value}"`);
    },
  };
}

/** A number in decimal notation, with a default. */
export function decimal(description: string, byDefault: number): Option<number> {
  return {
    ...{ description, placeholder: 'X', isRequired: false, defaultText: String(byDefault) },
    parse: (value) => {
      if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
      throw new WrongValue(`must be a number, not "${value}"`);
    },
  };
}

/**
 * Parses a command line to values, or to the text for `--help`, `-h` or `--version`. Throws UsageError. Its message does
 * not repeat values or stray words unless they are numbers: they may be raw user ids.
 */
export function parseCommandLine<O extends Options>(
  command: Command<O>,
  argv: readonly string[],
  version: string,
): Parsed<O> {
  const names = Object.keys(command.options);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries([
      ...names.map((name) => [name, { type: isFlag(command.options[name]) ? 'boolean' : 'string' }] as const),
      ['help', { type: 'boolean', short: 'h' }] as const,
      ['version', { type: 'boolean' }] as const,
    ]),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === 'option');
  // Also when a preceding option without a value has consumed it.
  if (given.some(({ name, value }) => name === 'help' || value === '--help' || value === '-h'))
    return { print: usageOf(command) };
  if (given.some(({ name }) => name === 'version')) return { print: `SmartPersona ${version}\n` };

  const wrong = (problem: string) => new UsageError(`${problem}; see ${invocation(command)} --help.`);
  const texts = new Map<string, string>();
  for (const { name, rawName, value } of given) {
    const option = command.options[name];
    if (option === undefined) throw wrong(`Unknown option ${rawName}`);
    if (texts.has(name)) throw wrong(`${rawName} is given twice`);
    if (isFlag(option) && value !== undefined) throw wrong(`${rawName} takes no value`);
    // A value that begins with a dash is the next option, unless it is written as --name=-value.
    if (!isFlag(option) && (value === undefined || (value.startsWith('-') && !isInline(given, name))))
      throw wrong(
        `${rawName} lacks its value ${option.placeholder} (write a value that begins with a dash as --${name}=VALUE)`,
      );
    texts.set(name, value ?? 'true');
  }
  const words = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value);
  if (words.some((word) => !command.words?.includes(word))) {
    throw wrong(
      command.words === undefined
        ? 'There is a word without an option before it (quote values that contain spaces)'
        : `Words without dashes must be ${command.words.join(', ')}`,
    );
  }
  const values = Object.fromEntries(
    names.map((name) => [name, valueOf(name, command.options[name], texts.get(name), wrong)]),
  ) as ValuesOf<O>;
  const problem = command.check?.(values) ?? null;
  if (problem !== null) throw wrong(problem);
  return { values, words };
}

/** The text of `--help`. */
function usageOf(command: Omit<Command, 'check'>): string {
  const rows = [
    ...Object.entries(command.options).map(([name, option]) => [
      `--${name}${isFlag(option) ? '' : ` ${option.placeholder}`}`,
      option.description + noteOf(option),
    ]),
    ['-h, --help', 'Print this text.'],
    ['--version', 'Print the version.'],
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  const words = command.words === undefined ? '' : ` [${command.words.join('|')} ...]`;
  const examples = command.examples ?? [];
  return [
    `Usage: ${invocation(command)} [options]${words}`,
    '',
    command.summary,
    '',
    'Options:',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    ...(examples.length === 0 ? [] : ['', 'Examples:', ...examples.map((example) => `  ${example}`)]),
    '',
    EXIT_CODES,
    'Settings are environment variables, or lines of a file named .env; .env.example lists them.',
    '',
  ].join('\n');
}

function invocation({ name }: Pick<Command, 'name'>): string {
  return name === 'start' ? 'npm start --' : `npm run ${name} --`;
}

function noteOf({ isRequired, defaultText }: Option<unknown>): string {
  if (isRequired) return ' Required.';
  return defaultText === null ? '' : ` Default: ${defaultText}.`;
}

function isFlag(option: Option<unknown>): boolean {
  return option.placeholder === null;
}

function isInline(given: readonly { name: string; inlineValue?: boolean }[], name: string): boolean {
  return given.find((token) => token.name === name)?.inlineValue === true;
}

function valueOf(
  name: string,
  option: Option<unknown>,
  given: string | undefined,
  wrong: (problem: string) => UsageError,
): unknown {
  const value = given ?? option.defaultText;
  if (value === null) {
    if (option.isRequired) throw wrong(`--${name} is missing`);
    return isFlag(option) ? false : undefined;
  }
  try {
    return option.parse(value);
  } catch (error) {
    if (error instanceof WrongValue) throw wrong(`--${name} ${error.message}`);
    throw error;
  }
}

function notEmpty(value: string): string {
  if (value === '') throw new WrongValue('must not be empty');
  return value;
}

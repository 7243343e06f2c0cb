/**
 * The options of a command: declared once, parsed before the command opens anything, and listed by `--help`. Values
 * are checked here as far as a command line alone can be wrong.
 */

import { parseArgs } from 'node:util';

import { SmartPersonaError } from '../domain/index.js';

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  /** Written, but more of the input was refused than the command accepts. */
  partlyRefused: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_CODES = `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.wrongUsage} wrong option, ${EXIT.partlyRefused} done but much of the input was refused.`;

/** One option; `T` is the type of its value, of a default, and of `undefined` where it may be left out. */
export interface Option<T> {
  readonly description: string;
  /** Stands for the value in the usage, such as FILE; null for a flag. */
  readonly placeholder: string | null;
  readonly isRequired: boolean;
  /** The default as it would be typed; null for none. */
  readonly defaultText: string | null;
  /** The value of a text; throws WrongValue. Flags are given 'true' or 'false'. */
  readonly parse: (text: string) => T;
}

/** Options by their names, without the leading dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** What `--help` prints and the parser accepts. */
export interface Command<O extends Options = Options> {
  /** The npm script: `import` for `npm run import`. */
  readonly name: string;
  /** What the command does: one or more sentences. */
  readonly summary: string;
  readonly options: O;
  /** Command lines as the documents would show them. */
  readonly examples?: readonly string[];
  /** Words that may be given without dashes, such as the names of benchmarks. Default none. */
  readonly words?: readonly string[];
  /** What is wrong with the options together, as a sentence without its full stop; null for nothing. */
  readonly check?: (values: ValuesOf<O>) => string | null;
}

export type Parsed<O extends Options> =
  /** A text to print instead of running the command. */
  { readonly print: string } | { readonly values: ValuesOf<O>; readonly words: readonly string[] };

/** The command line is wrong; the message is one sentence. */
export class UsageError extends SmartPersonaError {
  readonly code = 'WRONG_USAGE';
}

/** A value breaks its option's rule; the message completes the sentence "--name ...". */
export class WrongValue extends Error {}

/** An option without a value. Default false. */
export function flag(description: string): Option<boolean> {
  return {
    ...{ description, placeholder: null, isRequired: false, defaultText: null },
    parse: (value) => value === 'true',
  };
}

/** A text that must be given and is not empty. */
export function required(placeholder: string, description: string): Option<string> {
  return { description, placeholder, isRequired: true, defaultText: null, parse: notEmpty };
}

/** A text that may be left out; it is not empty. */
export function optional(placeholder: string, description: string): Option<string | undefined> {
  return { description, placeholder, isRequired: false, defaultText: null, parse: notEmpty };
}

/** A text with a default. */
export function text(placeholder: string, description: string, defaultText: string): Option<string> {
  return { description, placeholder, isRequired: false, defaultText, parse: notEmpty };
}

/** One of a few words, which must be given. */
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

/** A whole number within [least, most], with a default. */
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
 * The values of a command line, or the text that `--help`, `-h` or `--version` asks for. Throws UsageError. Values and
 * stray words are not repeated in its message unless they are numbers: they may be raw user ids.
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
  // Also where an option before it lacks its value, and takes it for one.
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
    // A value that begins with a dash is another option, unless it is written as --name=-value.
    if (!isFlag(option) && (value === undefined || (value.startsWith('-') && !isInline(given, name))))
      throw wrong(
        `${rawName} lacks its value ${option.placeholder} (one that begins with a dash is written --${name}=VALUE)`,
      );
    texts.set(name, value ?? 'true');
  }
  const words = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value);
  if (words.some((word) => !command.words?.includes(word))) {
    throw wrong(
      command.words === undefined
        ? 'There is a word without an option before it (put a value that holds blanks in quotes)'
        : `The words without dashes may be ${command.words.join(', ')}`,
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
export function usageOf(command: Omit<Command, 'check'>): string {
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

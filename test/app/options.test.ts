/** Command lines: what is accepted, the one sentence for what is not, and the text of `--help`. */

import { describe, expect, it } from 'vitest';

import {
  decimal,
  flag,
  oneOf,
  optional,
  parseCommandLine,
  required,
  text,
  UsageError,
  wholeNumber,
} from '../../server/app/options.js';

const command = {
  name: 'sort',
  summary: 'Sorts a file.',
  options: {
    in: required('FILE', 'What to sort.'),
    order: oneOf(['up', 'down'], 'Which way.'),
    limit: wholeNumber('Rows to keep.', { least: 1, most: 100, byDefault: 10 }),
    'at-least': decimal('The smallest value.', 0.5),
    by: text('COLUMN', 'The key.', 'id'),
    out: optional('FILE', 'Where it goes.'),
    quiet: flag('Prints nothing.'),
  },
  examples: ['npm run sort -- --in a.csv --order up'],
  check: ({ in: source, out }: { in: string; out?: string }) =>
    source === out ? '--out may not be the file of --in' : null,
};
const parse = (...argv: string[]) => parseCommandLine(command, argv, '1.2.3');
const GOOD = ['--in', 'a.csv', '--order', 'up'];

function problem(...argv: string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'none';
}

describe('a command line', () => {
  it('gives typed values, with the defaults for what is left out', () => {
    expect(parse(...GOOD)).toMatchObject({
      values: {
        in: 'a.csv',
        order: 'up',
        limit: 10,
        'at-least': 0.5,
        by: 'id',
        out: undefined,
        quiet: false,
      },
    });
    expect(parse(...GOOD, '--limit=7', '--at-least=-2.5', '--quiet', '--out', 'b.csv')).toMatchObject({
      values: { limit: 7, 'at-least': -2.5, quiet: true, out: 'b.csv' },
    });
  });

  it.each([
    [['--in', 'a.csv'], '--order is missing'],
    [['--order', 'up'], '--in is missing'],
    [['--in=', '--order', 'up'], '--in must not be empty'],
    [['--in', 'a.csv', '--order', 'sideways'], '--order must be up or down'],
    [[...GOOD, '--limit', '0'], '--limit must be a whole number from 1 to 100, not "0"'],
    [[...GOOD, '--limit', '4e1'], '--limit must be a whole number from 1 to 100, not "4e1"'],
    [[...GOOD, '--at-least', 'few'], '--at-least must be a number, not "few"'],
    [[...GOOD, '--outt', 'x'], 'Unknown option --outt'],
    [[...GOOD, '--outt=x'], 'Unknown option --outt'],
    [[...GOOD, '-x'], 'Unknown option -x'],
    [[...GOOD, '--in', 'b.csv'], '--in is given twice'],
    [[...GOOD, '--quiet=yes'], '--quiet takes no value'],
    [[...GOOD, '--out', 'a.csv'], '--out may not be the file of --in'],
    [['--order', 'up', '--in'], '--in lacks its value FILE'],
    [['--in', '--order', 'up'], '--in lacks its value FILE'],
    [[...GOOD, 'stray'], 'There is a word without an option before it'],
  ])('%j is refused in one sentence that names the help', (argv, expected) => {
    const message = problem(...argv);
    expect(message).toContain(expected);
    expect(message).toMatch(/; see npm run sort -- --help\.$/);
    expect(message).not.toContain('\n');
  });

  it('is not repeated where it may hold the id of a user', () => {
    expect(problem(...GOOD, 'ann@example.org')).not.toContain('ann');
    expect(problem(...GOOD, '--usr=ann@example.org')).not.toContain('ann');
    expect(problem('--in', 'a.csv', '--order', 'ann@example.org')).not.toContain('ann');
  });

  it('may hold the words a command knows, and no others', () => {
    const withWords = { ...command, options: {}, check: undefined, words: ['live', 'api'] };
    expect(parseCommandLine(withWords, ['api'], '1')).toMatchObject({ words: ['api'] });
    expect(() => parseCommandLine(withWords, ['all'], '1')).toThrow('must be live, api');
  });
});

describe('--help', () => {
  it('lists every option with its default, an example and the exit codes, whatever else is given', () => {
    for (const argv of [['--help'], ['-h'], ['--nonsense', '-h'], ['--in', '--help']]) {
      expect(parse(...argv)).toHaveProperty('print');
    }
    const parsed = parse('--help');
    const usage = 'print' in parsed ? parsed.print : '';
    for (const name of Object.keys(command.options)) expect(usage).toContain(`--${name}`);
    expect(usage).toMatch(/^Usage: npm run sort -- \[options\]\n\nSorts a file\.\n/);
    expect(usage).toMatch(/--in FILE +What to sort\. Required\.\n/);
    expect(usage).toMatch(/--limit N +Rows to keep\. Default: 10\.\n/);
    expect(usage).toMatch(/--order up\|down +Which way\. Required\.\n/);
    expect(usage).toMatch(/--quiet +Prints nothing\.\n/);
    expect(usage).toContain('npm run sort -- --in a.csv --order up');
    expect(usage).toContain('Exit codes: 0 done, 1 failed, 2 wrong option, 3 ');
  });

  it('gives way to nothing, and --version prints the version', () => {
    expect(parse('--version')).toEqual({ print: 'SmartPersona 1.2.3\n' });
  });
});

/** Every command of package.json as a program: options are parsed before anything is opened, made or read. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Commands are programs of their own: each takes a second or more on a small machine.
vi.setConfig({ testTimeout: 180_000 });

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};
const PROGRAMS = Object.entries(manifest.scripts)
  .map(([name, line]) => ({
    name,
    words: /^(?:exec )?((?:node dist|tsx test)\/\S+)$/.exec(line)?.[1]!.split(' ') ?? [],
  }))
  .filter(({ words }) => words.length > 0);
/** Commands that use an installation, with a command line that is right. */
const USES_KEYS: [name: string, ...args: string[]][] = [
  ['token', '--role', 'admin'],
  ['account', '--list'],
  ['retrain'],
  ['rebuild'],
  ['evaluate'],
  ['erase', '--user', 'ann'],
  ['export-user', '--user', 'ann'],
  ['recommend', '--users', 'users.csv', '--out', 'lists.csv'],
  // Its database is elsewhere, and may hold users under other keys.
  ['import', '--items', 'items.csv'],
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a place without keys and data; any setting read, or database opened, would end it with an error. */
function run(name: string, args: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  const [runner, file] = PROGRAMS.find((program) => program.name === name)!.words as [string, string];
  const flags = runner === 'tsx' ? ['--import', 'tsx', file] : [file];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, ...args], {
      env: {
        ...process.env,
        ...{ MONGODB_URI: 'mongodb://127.0.0.1:1/x', SMARTPERSONA_DATA_DIR: join(folder, 'data') },
        ...settings,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('a command whose reader leaves', () => {
  it('ends as if it had been read', async () => {
    const [, file] = PROGRAMS.find(({ name }) => name === 'personas')!.words as [string, string];
    const features = join(folder, 'features.csv');
    writeFileSync(features, `a,b\n${'1,2\n5,9\n'.repeat(30)}`);
    const out = join(folder, 'out.csv');
    const child = spawn(process.execPath, [file, '--features', features, '--out', out]);
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(62);
  });
});

describe('every command', () => {
  it('is in the table', () => {
    const names = PROGRAMS.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['start', 'bench', 'screenshots', ...USES_KEYS.map(([one]) => one)]),
    );
  });

  it.each(PROGRAMS)(
    '$name prints its usage, refuses a wrong option, and touches nothing',
    async ({ name }) => {
      const broken = { PORT: 'nonsense' };
      const [help, wrong] = await Promise.all([
        run(name, ['--help'], broken),
        run(name, ['--dry-rum'], broken),
      ]);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(new RegExp(`^Usage: npm (run )?${name} -- `));
      expect(help.stdout).toContain('Exit codes: ');
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
      expect(wrong.stderr).toMatch(
        new RegExp(`^Unknown option --dry-rum; see npm (run )?${name} -- --help\\.\n$`),
      );
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('--version', () => {
  it('prints the version of package.json', async () => {
    const stdout = `SmartPersona ${manifest.version}\n`;
    expect(await run('start', ['--version'])).toEqual({ code: 0, stderr: '', stdout });
  });
});

describe('npm run database', () => {
  it('says what is missing where there is no cargo, and needs no keys', async () => {
    const places = { PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') };
    const { code, stdout, stderr } = await run('database', [], places);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('no `cargo` is on PATH');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a command without the keys of an installation', () => {
  it.each(USES_KEYS)('%s makes none, and says where it looked and what to run', async (name, ...args) => {
    const { code, stdout, stderr } = await run(name, args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    for (const key of ['secret', 'pepper']) {
      expect(stderr).toContain(`SMARTPERSONA_${key.toUpperCase()} is not set`);
      expect(stderr).toContain(join(folder, 'data', key));
    }
    expect(stderr).toContain('npm start');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});

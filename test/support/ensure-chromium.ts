/**
 * Finds a Chromium for the browser tests, or installs Debian's when it can.
 *
 * Order: `CHROMIUM_PATH` (if it is set and wrong: an error, never another choice), the usual places, then
 * `apt-get` where the user is root. Nothing is ever downloaded from anywhere else.
 */

import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];
const MAC_PROGRAMS = ['Chromium', 'Google Chrome'];

/** Launch flags: no sandbox (containers have no user namespaces), and no talk with the outside. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the search may touch; the real machine by default. */
export interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  isExecutable(path: string): boolean;
  isRoot: boolean;
  /** Runs a program to its end; throws when it cannot be run or fails. */
  run(program: string, args: readonly string[]): void;
}

let found: string | undefined;

/** The path of a Chromium that can be started. Throws, saying what to install, when there is none. */
export function chromiumPath(machine: Machine = thisMachine()): string {
  const wanted = machine.env['CHROMIUM_PATH'];
  if (wanted) {
    if (machine.isExecutable(wanted)) return wanted;
    throw new Error(`CHROMIUM_PATH names ${wanted}, which is not a program that can be run.`);
  }
  const present = search(machine);
  if (present) return present;
  const reason = install(machine);
  const installed = search(machine);
  if (installed) return installed;
  throw new Error(
    `No Chromium for the browser tests (${reason}). Install one ` +
      '(Debian and Ubuntu: `apt-get install chromium`; macOS: `brew install --cask chromium`), ' +
      'or name it in CHROMIUM_PATH.',
  );
}

/** `chromiumPath()` remembered for the process, with the launch flags: the argument of `chromium.launch`. */
export function chromiumLaunch(): { executablePath: string; args: string[] } {
  found ??= chromiumPath();
  return { executablePath: found, args: [...CHROMIUM_ARGS] };
}

function search(machine: Machine): string | undefined {
  const folders = [...PLACES, ...(machine.env['PATH'] ?? '').split(delimiter).filter(Boolean)];
  return folders
    .flatMap((folder) => [...PROGRAMS, ...MAC_PROGRAMS].map((program) => join(folder, program)))
    .find((path) => machine.isExecutable(path));
}

/** Tries Debian's package; gives the reason why there may still be none. */
function install(machine: Machine): string {
  if (!machine.isRoot) return 'none was found, and only root can install one';
  try {
    machine.run('apt-get', ['update', '-qq']);
    machine.run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    return 'apt-get put it in no usual place';
  } catch (error) {
    return `none was found, and apt-get failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function thisMachine(): Machine {
  return {
    env: process.env,
    isExecutable: (path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    },
    isRoot: process.getuid?.() === 0,
    run: (program, args) => {
      execFileSync(program, args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    },
  };
}

/** Identifies processes by id and start time, since ids are reused. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;

/** A process: its id, and its start time as the operating system prints it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** The process that has this id now; null if none. */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startedAt === process.startedAt;
}

/** Sends SIGTERM, and SIGKILL if the process still runs after `deadlineMs`. Resolves when it has ended. */
export async function endProcess(process: ProcessIdentity, deadlineMs: number): Promise<void> {
  if (await signalAndWait(process, 'SIGTERM', deadlineMs)) return;
  if (await signalAndWait(process, 'SIGKILL', deadlineMs)) return;
  throw new Error(`Process ${process.pid} does not end.`);
}

async function signalAndWait(
  target: ProcessIdentity,
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<boolean> {
  if (!isAlive(target)) return true;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  for (const until = Date.now() + deadlineMs; Date.now() < until;) {
    if (!isAlive(target)) return true;
    await pause(POLL_MS);
  }
  return !isAlive(target);
}

/** Clock ticks since the machine started, with the machine's start, since both begin again after a reboot. */
function startOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may contain spaces and brackets; the fields after its last bracket do not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startTicks}`;
  } catch {
    return null;
  }
}

function startByPs(pid: number): string | null {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/);
    return state === '' || state.startsWith('Z') ? null : started.join(' ');
  } catch {
    return null;
  }
}

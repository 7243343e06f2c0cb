/** Whole processes under measurement: how long until a line appears, and the most memory they ever held. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface MeasuredProcess {
  readonly child: ChildProcess;
  readonly startedAt: number;
  output(): string;
  /** Peak resident memory so far, MiB; 0 where the system does not tell. */
  peakMb(): number;
  /** Resolves with the milliseconds from start to the first output that matches. */
  until(pattern: RegExp, deadlineMs: number): Promise<{ ms: number; match: RegExpExecArray }>;
  /** Resolves with exit code and milliseconds from start to end. */
  ended(): Promise<{ code: number | null; ms: number }>;
  stop(): Promise<void>;
}

/** Starts `node dist/server/app/...` with this environment over the current one. */
export function startProcess(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): MeasuredProcess {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [`dist/server/app/${script}.js`, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  let output = '';
  let peak = 0;
  const sample = () => (peak = Math.max(peak, readPeakMb(child.pid!)));
  const sampling = setInterval(sample, 100);
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; ms: number }>((resolve) => {
    child.once('exit', (code) => {
      clearInterval(sampling);
      resolve({ code, ms: performance.now() - startedAt });
    });
  });
  return {
    child,
    startedAt,
    output: () => output,
    peakMb: () => Math.max(peak, sample()),
    ended: () => ended,
    async until(pattern, deadlineMs) {
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return { ms: performance.now() - startedAt, match };
        if (child.exitCode !== null || performance.now() - startedAt > deadlineMs) {
          throw new Error(`${script} never printed ${String(pattern)}:\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function readPeakMb(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? 0 : Number(line[1]) / 1024;
  } catch {
    return 0;
  }
}

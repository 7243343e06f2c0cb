/** Builds SecantusDB's server in Rust from its crate, with cargo, into the folder of programs. */

import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { BuildFailedError, CargoMissingError } from './errors.js';
import { findProgram } from './find-program.js';
import { RUST_CRATE, RUST_PROGRAM, RUST_VERSION, findSecantusRust, rustHome } from './kinds/secantus-rust.js';
import type { ProgramPlaces } from './kinds/index.js';
import { tryLock } from './lock-file.js';
import { programFolder } from './program-folder.js';

/** Length of the tail of cargo's output that an error message contains. */
const TOLD_CHARACTERS = 2_000;

export interface RustBuild {
  readonly program: string;
  /** False when it already existed. */
  readonly isBuilt: boolean;
}

/**
 * Resolves when the program exists. `onProgress`: the share of compiled crates, 0..1. An interrupted build continues
 * where it stopped. Throws CargoMissingError and BuildFailedError.
 */
export async function buildSecantusRust(
  places: ProgramPlaces,
  onProgress: (fraction: number, detail: string) => void,
): Promise<RustBuild> {
  const found = findSecantusRust(places);
  if (found !== null) return { program: found, isBuilt: false };
  const cargo = findProgram('cargo', places.programPath);
  if (cargo === null) throw new CargoMissingError();

  const folder = programFolder(places);
  const lock = tryLock(join(folder, `${RUST_CRATE}.lock`));
  if ('holder' in lock) throw new BuildFailedError(`process ${lock.holder.pid} is already building it`);
  try {
    const work = join(folder, `${RUST_CRATE}-build`);
    const root = join(work, 'root');
    onProgress(0, 'downloading');
    await runCargo(cargo, installArguments(work, root), onProgress);
    const program = join(rustHome(folder), RUST_PROGRAM);
    mkdirSync(rustHome(folder), { recursive: true });
    // Atomic: a partial program is never visible.
    renameSync(join(root, 'bin', RUST_PROGRAM), program);
    rmSync(work, { recursive: true, force: true });
    return { program, isBuilt: true };
  } finally {
    lock.lock.release();
  }
}

function installArguments(work: string, root: string): string[] {
  return [
    // By default cargo shows no progress when it writes to a pipe.
    ...['--config', 'term.progress.when="always"', '--config', 'term.progress.width=100'],
    ...['install', RUST_CRATE, '--version', RUST_VERSION, '--locked'],
    // The crate declares a newer compiler than it needs.
    '--ignore-rust-version',
    ...['--no-track', '--force', '--root', root, '--target-dir', join(work, 'target')],
  ];
}

function runCargo(
  cargo: string,
  args: readonly string[],
  onProgress: (fraction: number, detail: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(cargo, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const abandon = () => child.kill();
    process.once('exit', abandon);
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const progress = lastProgress(text);
      if (progress !== null) onProgress(progress.fraction, progress.detail);
      told = `${told}${withoutProgress(text)}`.slice(-TOLD_CHARACTERS);
    });
    child.once('error', (error) => reject(new BuildFailedError(error.message)));
    child.once('close', (code) => {
      process.off('exit', abandon);
      if (code === 0) resolve();
      else reject(new BuildFailedError(`cargo ended with ${code}:\n${told.trim()}`));
    });
  });
}

const PROGRESS = /Building \[[=> ]*\] (\d+)\/(\d+)(?:: ([^\r\n\u001b]*))?/g;

/** Parses the latest progress line in cargo's output; null without any. The detail lists the crates being compiled. */
function lastProgress(text: string): { fraction: number; detail: string } | null {
  const last = [...text.matchAll(PROGRESS)].at(-1);
  if (last === undefined) return null;
  const [, done, all, crates = ''] = last;
  return { fraction: Number(done) / Number(all), detail: `${done}/${all} ${crates}`.trim() };
}

/** Cargo's output without the lines that it overwrites. */
function withoutProgress(text: string): string {
  return text.replace(/[^\n]*\r/g, '');
}

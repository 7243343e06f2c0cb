/** What Spark needs on this machine: Java, and a Python environment with the packages of jobs/spark/requirements.txt. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { obtainPythonEnvironment, programFolder } from '../database/index.js';

/** The sources of the job, beside the code that is running: in jobs, or in dist/jobs. */
export const JOB = fileURLToPath(new URL('../../jobs/spark', import.meta.url));
const LEAST_JAVA = 17;

export interface Environment {
  readonly PATH?: string;
  readonly JAVA_HOME?: string;
  readonly [name: string]: string | undefined;
}

/** Rejects unless a suitable Java is found. */
export async function requireJava({ JAVA_HOME, PATH }: Environment): Promise<void> {
  const java = JAVA_HOME === undefined ? 'java' : join(JAVA_HOME, 'bin', 'java');
  const told = await new Promise<string | null>((resolve) => {
    execFile(java, ['-version'], { env: { PATH } }, (error, stdout, stderr) =>
      resolve(error === null ? `${stderr}${stdout}` : null),
    );
  });
  const version = /version "(\d+)/.exec(told ?? '')?.[1];
  if (version !== undefined && Number(version) >= LEAST_JAVA) return;
  const place = JAVA_HOME === undefined ? 'on PATH' : 'in JAVA_HOME';
  const found = version === undefined ? `there is none ${place}` : `the one ${place} is Java ${version}`;
  throw new Error(
    `Spark needs Java ${LEAST_JAVA} or later, and ${found}. Install it (on Debian: apt install openjdk-17-jre-headless), or set JAVA_HOME`,
  );
}

/** Resolves with the path of Python in an environment that has PySpark. Rejects with what is missing. */
export async function obtainPySpark(
  places: { readonly cacheDir: string; readonly dataDir: string },
  onProgress: (message: string) => void,
): Promise<string> {
  const file = join(JOB, 'requirements.txt');
  const version = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8);
  const program = join('bin', 'python');
  const environment = await obtainPythonEnvironment({
    home: join(programFolder(places), `spark-${version}`),
    requirements: ['-r', file],
    check: [program, '-c', 'import numpy, pyarrow, pymongo, pyspark, wasmtime'],
    onInstall: () => onProgress('Installing PySpark (once, 450 MB, a few minutes)'),
  });
  return join(environment, program);
}

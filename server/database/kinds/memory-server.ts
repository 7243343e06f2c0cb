/**
 * A `mongod` from mongodb-memory-server: the binary in its cache, else a download. Unlike that package, it runs on a
 * persistent folder.
 */

import { createRequire } from 'node:module';

import type { EmbeddedKind } from './kind.js';
import { runsMongod } from './mongod.js';

const PROBE_MS = 3_000;
const DOWNLOAD_MS = 180_000;

export const memoryServer: EmbeddedKind = {
  kind: 'memory-server',
  label: 'mongod from mongodb-memory-server as a replica set of one node',
  needs: 'let this machine reach fastdl.mongodb.org, or put a binary where mongodb-memory-server finds it',
  ...runsMongod,
  obtain: (_places, onProgress) => obtainMongod(onProgress),
};

interface BinaryOptions {
  readonly version: string;
}

/** Resolves with the path of a mongod; rejects within seconds if the download site cannot be reached. */
async function obtainMongod(onProgress: (message: string) => void): Promise<string> {
  // Loaded lazily; the package's index does not export these modules.
  const require = createRequire(import.meta.url);
  const { DryMongoBinary } = require('mongodb-memory-server-core/lib/util/DryMongoBinary') as {
    DryMongoBinary: {
      generateOptions(): Promise<BinaryOptions>;
      locateBinary(options: BinaryOptions): Promise<string | undefined>;
    };
  };
  const options = await DryMongoBinary.generateOptions();
  const cached = await DryMongoBinary.locateBinary(options);
  if (cached !== undefined) return cached;

  const { MongoBinaryDownloadUrl } =
    require('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl') as {
      MongoBinaryDownloadUrl: new (options: BinaryOptions) => { getDownloadUrl(): Promise<string> };
    };
  const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl();
  await probe(url);
  onProgress(`Downloading MongoDB ${options.version}`);
  const { MongoBinary } = require('mongodb-memory-server-core/lib/util/MongoBinary') as {
    MongoBinary: { getPath(options: BinaryOptions): Promise<string> };
  };
  return within(DOWNLOAD_MS, MongoBinary.getPath(options));
}

/** Checks that the site can be reached: the download itself retries for minutes. */
async function probe(url: string): Promise<void> {
  const { host } = new URL(url);
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) }).catch(
    () => null,
  );
  if (answer === null) throw new Error(`no binary in its cache, and ${host} cannot be reached`);
  if (!answer.ok) throw new Error(`no binary in its cache, and ${host} answers ${answer.status}`);
}

function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = () => reject(new Error(`the download took longer than ${deadlineMs / 1_000} s`));
    const timer = setTimeout(late, deadlineMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * A `mongod` by way of mongodb-memory-server: one it has in its cache, else a download. Only the binary is taken from
 * it; the server runs like any other mongod, on files that stay.
 */

import { createRequire } from 'node:module';

const PROBE_MS = 3_000;
const DOWNLOAD_MS = 180_000;

interface BinaryOptions {
  readonly version: string;
}

/** Resolves with the path of a mongod; rejects within seconds where the download site cannot be reached. */
export async function obtainMongod(onProgress: (message: string) => void): Promise<string> {
  // Loaded only when it is needed; these parts of the package have no entry in its index.
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

/** The download itself tries again and again for minutes; one short question first tells whether it has a chance. */
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

/** A request body that can be read repeatedly, stored on disk encrypted with a key that exists only in memory. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const CIPHER = 'aes-256-ctr';

interface Spool {
  readonly totalBytes: number;
  /** The body from its beginning. */
  open(): AsyncIterable<Buffer>;
}

/** Stores the body, passes it to `use`, and always removes it afterwards. */
export async function withSpool<T>(
  body: AsyncIterable<Buffer>,
  use: (spool: Spool) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-import-'));
  const path = join(folder, 'body');
  const [key, iv] = [randomBytes(32), randomBytes(16)];
  let totalBytes = 0;
  const counted = async function* () {
    for await (const chunk of body) {
      totalBytes += chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(counted(), createCipheriv(CIPHER, key, iv), createWriteStream(path, { mode: 0o600 }));
    return await use({
      totalBytes,
      open: () => {
        const encrypted = createReadStream(path);
        const plain = createDecipheriv(CIPHER, key, iv);
        encrypted.on('error', (error) => plain.destroy(error));
        plain.on('close', () => encrypted.destroy());
        return encrypted.pipe(plain);
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

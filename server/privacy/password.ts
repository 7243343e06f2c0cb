/**
 * Hashes passwords with scrypt (RFC 7914), on the thread pool and one at a time: each takes 64 MiB for its duration.
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 64 MiB: OWASP recommends this cost with two passes. */
const DEFAULT_COST = 2 ** 16;
const BLOCK_SIZE = 8;
const PARALLELISM = 2;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const FORMAT = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

export interface Passwords {
  /** The parameters, a random salt and the derived key, as text. */
  hash(password: string): Promise<string>;
  /** Null stands for a missing account: false, after the time that a real comparison takes. */
  verify(password: string, hash: string | null): Promise<boolean>;
}

interface Parameters {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelism: number;
  readonly salt: Buffer;
}

/** `cost`: the parameter N of scrypt, a power of two; default 65,536. */
export function createPasswords({ cost = DEFAULT_COST }: { readonly cost?: number } = {}): Passwords {
  let last: Promise<unknown> = Promise.resolve();
  const derive = (password: string, parameters: Parameters): Promise<Buffer> => {
    const next = last.then(() => deriveKey(password, parameters));
    last = next.catch(() => undefined);
    return next;
  };
  const ours = (salt: Buffer): Parameters => ({
    ...{ cost, blockSize: BLOCK_SIZE, parallelism: PARALLELISM, salt },
  });

  return {
    async hash(password) {
      const parameters = ours(randomBytes(SALT_BYTES));
      const key = await derive(password, parameters);
      const { salt } = parameters;
      const [saltText, keyText] = [salt, key].map((bytes) => bytes.toString('base64url'));
      return `scrypt$${cost}$${BLOCK_SIZE}$${PARALLELISM}$${saltText}$${keyText}`;
    },
    async verify(password, hash) {
      const stored = hash === null ? null : parse(hash);
      const key = await derive(password, stored?.parameters ?? ours(randomBytes(SALT_BYTES)));
      return stored !== null && timingSafeEqual(key, stored.key);
    },
  };
}

/** Throws for a hash in an unknown format. */
function parse(hash: string): { parameters: Parameters; key: Buffer } {
  const [, cost, blockSize, parallelism, salt, key] = FORMAT.exec(hash) ?? [];
  const keyBytes = Buffer.from(key ?? '', 'base64url');
  if (keyBytes.length !== KEY_BYTES) throw new Error('The stored password hash is malformed.');
  const parameters = {
    ...{ cost: Number(cost), blockSize: Number(blockSize), parallelism: Number(parallelism) },
    salt: Buffer.from(salt!, 'base64url'),
  };
  return { parameters, key: keyBytes };
}

function deriveKey(password: string, { cost, blockSize, parallelism, salt }: Parameters): Promise<Buffer> {
  const options = {
    ...{ N: cost, r: blockSize, p: parallelism },
    // The library's limit of 32 MiB is below what these parameters need.
    maxmem: 2 * 128 * cost * blockSize,
  };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  );
}

import { scryptSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createPasswords } from '../../server/privacy/index.js';

const passwords = createPasswords({ cost: 16 });

describe('passwords', () => {
  it('are verified against a salted scrypt hash', async () => {
    const hash = await passwords.hash('correct horse battery');
    expect(await passwords.hash('correct horse battery')).not.toBe(hash);
    expect(await passwords.verify('correct horse battery', hash)).toBe(true);
    expect(await passwords.verify('correct horse batteri', hash)).toBe(false);
    const [, cost, blockSize, parallelism, salt, key] = hash.split('$');
    const options = { N: Number(cost), r: Number(blockSize), p: Number(parallelism) };
    const slow = scryptSync('correct horse battery', Buffer.from(salt!, 'base64url'), 32, options);
    expect(slow.toString('base64url')).toBe(key);
  });

  it('are the same however their characters are encoded', async () => {
    expect(await passwords.verify('cafe\u0301 au lait', await passwords.hash('café au lait'))).toBe(true);
  });

  it('keep the cost with which they were hashed', async () => {
    const hash = await createPasswords({ cost: 32 }).hash('correct horse battery');
    expect(hash).toMatch(/^scrypt\$32\$/);
    expect(await passwords.verify('correct horse battery', hash)).toBe(true);
  });

  it('of a missing account are wrong', async () => {
    expect(await passwords.verify('', null)).toBe(false);
  });

  it('with a malformed hash are an error, not a mismatch', async () => {
    await expect(passwords.verify('x', 'plain text')).rejects.toThrow('malformed');
  });
});

/** Requests to addresses that administrators enter: which are refused, and what becomes of the others. */

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createPost, urlProblem } from '../../server/egress/index.js';
import { startReceiver, type Receiver } from '../support/receiver.js';

const HIDDEN = [
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '0.0.0.0'],
  ...['100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '2130706433', '0x7f.1', '0177.0.0.1'],
  ...[
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
  ],
  ...['[2002:7f00:1::]', '[2001:db8::1]', '[ff02::1]'],
];
const PUBLIC = ['1.1.1.1', '172.32.0.1', '192.169.0.1', '[2606:4700::1111]', 'hooks.example'];

describe('a URL of an administrator', () => {
  it.each(HIDDEN)('is refused for the address %s', (host) => {
    expect(urlProblem(`https://${host}/hook`, false)).toContain('private');
    expect(urlProblem(`https://${host}/hook`, true)).toBeNull();
  });

  it.each(PUBLIC)('is accepted for %s', (host) => {
    expect(urlProblem(`https://${host}:8443/hook?x=1`, false)).toBeNull();
  });

  it('needs https, unless private addresses are allowed, and no password', () => {
    expect(urlProblem('http://hooks.example', false)).toContain('https://');
    expect(urlProblem('http://hooks.example', true)).toBeNull();
    for (const url of ['file:///etc/passwd', 'gopher://hooks.example', 'hooks.example', ''])
      expect(urlProblem(url, true)).not.toBeNull();
    expect(urlProblem('https://name:password@hooks.example', true)).toContain('password');
  });
});

describe('a post', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const message = (url: string) => ({ url, headers: { 'webhook-id': 'a' }, body: '{"text":"ä"}' });

  it('arrives whole, and follows no redirect', async () => {
    receiver.status = 302;
    expect(await createPost(true)(message(receiver.url))).toBe(302);
    expect(receiver.received).toMatchObject([{ headers: { 'webhook-id': 'a' }, body: '{"text":"ä"}' }]);
  });

  it('never reaches a private address, by name or by number', async () => {
    let nConnections = 0;
    const inside = createServer({}, () => undefined).on('connection', () => (nConnections += 1));
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const { port } = inside.address() as AddressInfo;
    // The name is checked when it is resolved: as a text, "localhost" is like any other name.
    expect(urlProblem(`https://localhost:${port}`, false)).toBeNull();
    for (const host of ['localhost', '127.0.0.1'])
      await expect(createPost(false)(message(`https://${host}:${port}`))).rejects.toThrow('private');
    expect(nConnections).toBe(0);
    inside.close();
  });

  it('fails when nothing listens', async () => {
    await receiver.close();
    await expect(createPost(true)(message(receiver.url))).rejects.toThrow('ECONNREFUSED');
    receiver = await startReceiver();
  });
});

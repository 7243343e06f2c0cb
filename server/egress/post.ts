/**
 * Posts a body to an address that an administrator has entered. Redirects are not followed and the answer is not read.
 * Unless private addresses are allowed, the address is checked when the connection is opened, so that a name cannot
 * resolve differently afterwards (DNS rebinding).
 */

import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolveName } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { isPublicAddress } from './public-address.js';

const TIMEOUT_MS = 10_000;

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Resolves with the HTTP status. Rejects if there is no answer within ten seconds. */
export type Post = (options: PostOptions) => Promise<number>;

/** `allowsPrivate`: also private addresses and plain HTTP. */
export function createPost(allowsPrivate: boolean): Post {
  return async ({ url, headers, body }) => {
    const problem = urlProblem(url, allowsPrivate);
    if (problem !== null) throw new Error(problem);
    const target = new URL(url);
    const request = target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const sent = request(
        target,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          // A connection of its own, whose address has been checked.
          agent: false,
          signal: AbortSignal.timeout(TIMEOUT_MS),
          ...(allowsPrivate ? {} : { lookup: lookupPublic }),
        },
        (response) => {
          resolve(response.statusCode ?? 0);
          response.destroy();
        },
      );
      sent.on('error', (error) =>
        reject(error.name === 'TimeoutError' ? new Error(`no answer within ${TIMEOUT_MS / 1_000} s`) : error),
      );
      sent.end(body);
    });
  };
}

/** Why nothing is posted to a URL, whatever its name resolves to; null if nothing is wrong. */
export function urlProblem(url: string, allowsPrivate: boolean): string | null {
  if (!URL.canParse(url)) return 'It is not a URL.';
  const { protocol, hostname, username, password } = new URL(url);
  if (protocol !== 'https:' && !(allowsPrivate && protocol === 'http:'))
    return 'It must begin with https://; SMARTPERSONA_WEBHOOK_PRIVATE=true also allows http://.';
  if (username !== '' || password !== '') return 'It must not contain a name or a password.';
  const address = hostname.replace(/^\[|\]$/g, '');
  return allowsPrivate || isIP(address) === 0 || isPublicAddress(address) ? null : PRIVATE;
}

const PRIVATE = 'Its address is private; SMARTPERSONA_WEBHOOK_PRIVATE=true allows private addresses.';

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  const all = { ...(options as LookupOptions), all: true } as const;
  resolveName(hostname, all, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '');
    if (addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address)))
      return callback(new Error(PRIVATE), '');
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

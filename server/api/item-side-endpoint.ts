/**
 * `GET /model[/VERSION]`: the item side of the active model, a gzip file for folding in and ranking on the user's device.
 * The address stays and the file changes with the catalogue, so caches ask each time, with the ETag. Readers of
 * lists may read it: publishable keys, users, viewers and administrators.
 */

import type { IncomingMessage, RequestListener } from 'node:http';

import { NoActiveModelError } from '../domain/index.js';
import type { ItemSidePort } from '../services/index.js';

import { admit } from './admission.js';
import type { Answer, EndpointOptions } from './endpoint.js';
import { createEndpoint } from './endpoint.js';
import { HttpRefusal } from './http-refusal.js';

interface ItemSideEndpointOptions extends EndpointOptions {
  /** Null if the operator does not publish it. */
  readonly itemSide: ItemSidePort | null;
}

const METHODS = 'GET, HEAD';
export const ITEM_SIDE_PATH = /^\/model(?:\/(\d{1,9}))?$/;

export function createItemSideEndpoint(options: ItemSideEndpointOptions): RequestListener {
  return createEndpoint(options, METHODS, (request) => answer(request, options));
}

async function answer(request: IncomingMessage, options: ItemSideEndpointOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new HttpRefusal(405, 'METHOD_NOT_ALLOWED', 'Use GET or HEAD.', { headers: { allow: METHODS } });
  const { viewer } = await admit(request, options);
  if (viewer.role === 'anonymous')
    throw new HttpRefusal(401, 'UNAUTHENTICATED', 'Sign in first: this needs a token or a publishable key.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  if (options.itemSide === null)
    throw new HttpRefusal(404, 'NOT_FOUND', 'This server does not publish its model.');
  const { version, bytes, etag } = await fileOf(options.itemSide);
  const [, wanted] = ITEM_SIDE_PATH.exec(pathOf(request)) ?? [];
  if (wanted !== undefined && Number(wanted) !== version)
    throw new HttpRefusal(404, 'NOT_FOUND', `Version ${wanted} is not active; version ${version} is.`);
  const headers = { etag, 'cache-control': 'private, no-cache' };
  if (request.headers['if-none-match']?.includes(etag)) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'content-type': 'application/gzip' }, body: bytes };
}

async function fileOf(itemSide: ItemSidePort) {
  try {
    return await itemSide.file();
  } catch (error) {
    if (error instanceof NoActiveModelError) throw new HttpRefusal(404, error.code, error.message);
    throw error;
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0];
}

/** What the answer to `hello` says about the servers behind an address. */

import type { mongo } from 'mongoose';

export type Topology = 'sharded cluster' | 'replica set' | 'standalone server';

export function topologyOf(hello: mongo.Document): Topology {
  // This is how mongos answers, the router of a sharded cluster.
  if (hello['msg'] === 'isdbgrid') return 'sharded cluster';
  return hello['setName'] === undefined ? 'standalone server' : 'replica set';
}

/** Python peers that rank: tuned on the training rows of a set, see ranking.py. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RecommenderInput } from '../../../server/learning/index.js';

import { preparePeers, runPeer } from './peers.js';

export interface RankingPeer {
  readonly name: string;
  /** The chosen configuration in words. */
  readonly chosen: string;
  /** The list of each user, best first. */
  readonly lists: readonly (readonly number[])[];
}

/** Peers' lists for these users; empty if they cannot run here. `isNext`: the next item of a history is asked for. */
export async function rankingPeers(
  { interactions, nItems }: RecommenderInput,
  { users, isNext }: { users: readonly number[]; isNext: boolean },
): Promise<readonly RankingPeer[]> {
  if (!(await preparePeers())) return [];
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  try {
    const { indptr, indices, opinion, at } = interactions;
    const likes: number[] = [];
    const seen: number[] = [];
    for (let user = 0; user + 1 < indptr.length; user++) {
      const own = Array.from({ length: indptr[user + 1] - indptr[user] }, (_, k) => indptr[user] + k);
      for (const p of own.sort((a, b) => at![a] - at![b] || a - b)) {
        seen.push(user, indices[p]);
        if (opinion[p] > 0) likes.push(user, indices[p]);
      }
    }
    const paths = await Promise.all(
      Object.entries({ likes, seen, users }).map(async ([name, values]) => {
        const path = join(folder, `${name}.i32`);
        await writeFile(path, Buffer.from(Int32Array.from(values).buffer));
        return path;
      }),
    );
    const sizes = [indptr.length - 1, nItems, Number(isNext)];
    return (await runPeer<RankingPeer[]>('rank', ...paths, ...sizes)) ?? [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The order in which ways to a database are tried. */

export type DatabaseKind = 'uri' | 'mongod' | 'memory-server' | 'secantusdb';
export type EmbeddedKind = Exclude<DatabaseKind, 'uri'>;

export interface Circumstances {
  readonly hasUri: boolean;
  /** The data folder holds files of MongoDB. */
  readonly hasMongodData: boolean;
  /** The data folder holds files of SecantusDB. */
  readonly hasSecantusData: boolean;
}

/**
 * MONGODB_URI alone when it is set. Else a MongoDB on this machine, a downloaded one, SecantusDB. Data that
 * are there already decide for the kind of server that wrote them: installing mongod must not make them disappear.
 */
export function waysToTry({ hasUri, hasMongodData, hasSecantusData }: Circumstances): DatabaseKind[] {
  if (hasUri) return ['uri'];
  if (hasMongodData) return ['mongod', 'memory-server'];
  if (hasSecantusData) return ['secantusdb'];
  return ['mongod', 'memory-server', 'secantusdb'];
}

/** What each way needs, for the message that lists them. */
export const NEEDS: Readonly<Record<EmbeddedKind, string>> = {
  mongod: 'install MongoDB 6 or newer so that `mongod` is on PATH',
  'memory-server':
    'let this machine reach fastdl.mongodb.org, or put a binary where mongodb-memory-server finds it',
  secantusdb: 'install Python 3.10, 3.11, 3.12 or 3.13 with venv and pip, and let it reach PyPI',
};

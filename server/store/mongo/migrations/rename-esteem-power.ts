/**
 * Data version 1: the hyper-parameter `esteemPower` of stored models is called `likeRatePower`, in the document of the
 * version and in its manifest.
 *
 * A manifest of several chunks cannot be replaced in a single write. The new manifest is first stored completely as a
 * part of its own; only then are the chunks of the old manifest replaced. Until the copy is complete the old manifest is,
 * and afterwards the copy is, so an interruption at any write loses neither.
 */

import type { mongo } from 'mongoose';

import { assemble, chunksOf, type PartDocument } from '../model-chunks.js';

import type { Migration, MigrationContext } from './migration.js';

const [OLD_NAME, NEW_NAME] = ['esteemPower', 'likeRatePower'];
const MANIFEST = 'manifest';
const COPY = 'manifest/migrating';

export const renameEsteemPower: Migration = {
  version: 1,
  name: 'renaming a hyper-parameter of stored models',
  async run({ db, signal, onProgress }: MigrationContext) {
    const models = db.collection('models');
    const parts = db.collection<PartDocument>('modelParts');
    const versions = (await models.find({}, { projection: { version: 1 } }).toArray()).map(
      ({ version }) => version as number,
    );
    for (const [index, version] of versions.entries()) {
      signal.throwIfAborted();
      await models.updateOne(
        { version, [`hyperParameters.${OLD_NAME}`]: { $exists: true } },
        { $rename: { [`hyperParameters.${OLD_NAME}`]: `hyperParameters.${NEW_NAME}` } },
      );
      await renameInManifest(parts, version);
      onProgress((index + 1) / versions.length);
    }
  },
};

async function renameInManifest(parts: mongo.Collection<PartDocument>, version: number): Promise<void> {
  const read = async (name: string) => {
    try {
      const chunks = await parts.find({ version, name }).toArray();
      return chunks.length === 0 ? null : (JSON.parse(text(assemble(version, name, chunks))) as Manifest);
    } catch {
      // Incomplete: an interrupted write, or damage that the server reports when it loads the version.
      return null;
    }
  };
  const copy = await read(COPY);
  if (copy === null) {
    const renamed = withNewName(await read(MANIFEST));
    if (renamed === null) {
      await parts.deleteMany({ version, name: COPY });
      return;
    }
    await replace(parts, version, COPY, renamed);
  }
  await replace(parts, version, MANIFEST, copy ?? (await read(COPY))!);
  await parts.deleteMany({ version, name: COPY });
}

interface Manifest {
  readonly recommender?: { readonly hyperParameters?: Readonly<Record<string, number>> };
}

/** Null if there is nothing to rename. */
function withNewName(manifest: Manifest | null): Manifest | null {
  const hyperParameters = manifest?.recommender?.hyperParameters ?? {};
  if (!Object.hasOwn(hyperParameters, OLD_NAME)) return null;
  const { [OLD_NAME]: value, ...rest } = hyperParameters;
  return {
    ...manifest,
    recommender: { ...manifest!.recommender, hyperParameters: { ...rest, [NEW_NAME]: value } },
  };
}

async function replace(
  parts: mongo.Collection<PartDocument>,
  version: number,
  name: string,
  manifest: Manifest,
): Promise<void> {
  await parts.deleteMany({ version, name });
  const bytes = Buffer.from(JSON.stringify(manifest));
  for (const chunk of chunksOf(version, { name, bytes })) await parts.insertOne(chunk);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

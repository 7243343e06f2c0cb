/** `npm run backup -- --out F`: writes all stored data to a file, while servers may run. */

import { openDatabase } from '../../database/index.js';
import { createMongoStore, openRawDatabase } from '../../store/mongo/index.js';
import { writeBackup } from '../backup/backup.js';
import { createLog } from '../log.js';
import { flag, required } from '../options.js';
import { productVersion } from '../package.js';
import { createProgress } from '../progress.js';
import { readSecret } from '../secret-file.js';
import { readDatabaseSettings, readEnvironment } from '../settings.js';

import { runCommand } from './command.js';

const command = {
  name: 'backup',
  summary:
    'Writes all stored data to a new file, readable by its owner only, while servers may run. It contains everything that was' +
    '\nacknowledged before it began, and the pepper if the data folder holds it.',
  options: {
    out: required('FILE', 'The file to write; it must not exist.'),
    'without-pepper': flag('Leaves the pepper out; a restore then needs it from elsewhere.'),
  },
  examples: ['npm run backup -- --out smartpersona.backup'],
};

runCommand(command, async ({ out, 'without-pepper': isWithoutPepper }) => {
  const env = readEnvironment();
  const settings = readDatabaseSettings(env);
  const log = createLog({ logLevel: 'error' });
  const onProgress = (message: string) => process.stderr.write(`${message}\n`);
  const database = await openDatabase({ settings, log, role: 'command', onProgress });
  try {
    const isFile = !env['SMARTPERSONA_PEPPER']?.trim() && !isWithoutPepper;
    const pepper = isFile ? readSecret(settings.dataDir, 'pepper') : null;
    const header = {
      ...{ startedAt: Date.now(), product: productVersion(), pepper },
      ...(await storedVersions(database.uri)),
    };
    const raw = await openRawDatabase(database.uri);
    const progress = createProgress({ title: 'Backing up' });
    try {
      const { bytes, end } = await writeBackup({ raw, path: out, header, onProgress: progress.update });
      const nDocuments = Object.values(end.collections).reduce((sum, { count }) => sum + count, 0);
      progress.done(`${nDocuments.toLocaleString('en')} documents`);
      process.stdout.write(`${(bytes / 1e6).toFixed(1)} MB -> ${out}\n`);
    } finally {
      await raw.close();
    }
    process.stderr.write(
      pepper === null
        ? 'The backup does not contain the pepper. Without the pepper no stored user can be matched: keep it elsewhere.\n'
        : 'Warning: the backup contains the pepper, the key of all pseudonyms. Protect the file like the pepper itself.\n',
    );
  } finally {
    await database.stop();
  }
});

async function storedVersions(uri: string): Promise<{ dataVersion: number; keyVersion: string | null }> {
  const store = await createMongoStore({ uri, isReadOnly: true });
  try {
    return {
      dataVersion: (await store.migrations.storedVersion()) ?? 0,
      keyVersion: await store.dataset.findKeyVersion(),
    };
  } finally {
    await store.close();
  }
}

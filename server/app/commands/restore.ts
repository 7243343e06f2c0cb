/** `npm run restore -- --from F [--replace]`: replaces the stored data by those of a backup. */

import { openDatabase, type DatabaseSettings } from '../../database/index.js';
import { InvalidInputError, type Logger } from '../../domain/index.js';
import { openRawDatabase } from '../../store/mongo/index.js';
import { connect } from '../application.js';
import { checkBackup, loadBackup, pepperToStore, storePepper } from '../backup/restore.js';
import type { CheckedBackup } from '../backup/restore.js';
import { createLog } from '../log.js';
import { migrate } from '../migrate.js';
import { flag, required } from '../options.js';
import { createProgress } from '../progress.js';
import { readDatabaseSettings, readEnvironment, readSettings } from '../settings.js';

import { runCommand } from './command.js';

const command = {
  name: 'restore',
  summary:
    'Loads a backup into the database, rebuilds derived data, and stores the pepper of the backup in the data folder. Stop all' +
    '\nservers first. An error while it checks and loads the file leaves the stored data unchanged.',
  options: {
    from: required('FILE', 'The file that `npm run backup` wrote.'),
    replace: flag('Replaces data that are already stored.'),
  },
  examples: ['SMARTPERSONA_DATA_DIR=/srv/restored npm run restore -- --from smartpersona.backup'],
};

runCommand(command, async ({ from, replace: mayReplace }) => {
  const env = readEnvironment();
  const settings = readDatabaseSettings(env);
  const log = createLog({ logLevel: 'error' });
  const checking = createProgress({ title: 'Checking the backup' });
  const checked = await checkBackup(from, (fraction) => checking.update(fraction));
  checking.done();
  const given = env['SMARTPERSONA_PEPPER']?.trim() || undefined;
  const pepper = pepperToStore(checked.header, { dataDir: settings.dataDir, given, mayReplace });
  // As a server: it locks the data folder, so no server runs on it meanwhile.
  const database = await openDatabase({ settings, log, role: 'server', onProgress: report });
  try {
    await load(database.uri, { from, checked, settings, pepper, mayReplace });
    await complete(checked, log);
  } finally {
    await database.stop();
  }
});

interface Load {
  readonly from: string;
  readonly checked: CheckedBackup;
  readonly settings: DatabaseSettings;
  readonly pepper: string | null;
  readonly mayReplace: boolean;
}

async function load(uri: string, { from, checked, settings, pepper, mayReplace }: Load): Promise<void> {
  const raw = await openRawDatabase(uri);
  try {
    if (!mayReplace && !(await raw.isEmpty()))
      throw new InvalidInputError('The database is not empty; --replace replaces all its data.');
    const progress = createProgress({ title: 'Loading' });
    await loadBackup(raw, from, {
      checked,
      onProgress: (fraction) => progress.update(fraction),
      onLoaded: () => pepper !== null && storePepper(settings.dataDir, pepper),
    });
    progress.done();
  } finally {
    await raw.close();
  }
}

/** Brings what was written during the backup into line: migrates, erases, and rebuilds all derived data. */
async function complete({ end }: CheckedBackup, log: Logger): Promise<void> {
  const settings = readSettings(readEnvironment(), { makesKeys: true });
  const application = await connect({ settings, log, role: 'command', isRestore: true });
  try {
    const { container, store } = application;
    await migrate(application, (title) => createProgress({ title }), new AbortController().signal);
    await container.start();
    for (const userId of end.erased) await container.services.userData.erase(userId);
    const progress = createProgress({ title: 'Rebuilding' });
    const total = Math.max(1, await store.users.count());
    const { nUsers, nEvents } = await container.rebuilder.run((done) =>
      progress.update(Math.min(1, done / total)),
    );
    progress.done();
    await store.migrations.endRestore();
    const number = (value: number) => value.toLocaleString('en');
    process.stdout.write(`Restored ${number(nUsers)} users with ${number(nEvents)} events\n`);
  } finally {
    await application.close();
  }
}

function report(message: string): void {
  process.stderr.write(`${message}\n`);
}

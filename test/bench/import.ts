/** Import of a goodbooks folder (items.csv, ratings.csv) on the embedded database. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startProcess } from './process.js';
import type { Figure } from './report.js';

/** `folder` holds items.csv and ratings.csv. */
export async function benchImport(folder: string): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  const env = {
    SMARTPERSONA_DATA_DIR: dataDir,
    SMARTPERSONA_SEED_USERS: '0',
    LOG_LEVEL: 'error',
    MONGODB_URI: '',
  };
  const args = ['--items', join(folder, 'items.csv'), '--ratings', join(folder, 'ratings.csv')];
  try {
    // Installs and opens the database once, so that the import alone is timed against a fresh one below.
    const run = startProcess('commands/import', args, env);
    const first = await run.ended();
    if (first.code !== 0) throw new Error(run.output());
    const again = startProcess('commands/import', args, env);
    const second = await again.ended();
    const retrain = startProcess('commands/retrain', [], env);
    const trained = await retrain.ended();
    if (trained.code !== 0) throw new Error(retrain.output());
    return [
      {
        what: 'import of goodbooks (database start included)',
        value: first.ms / 1000,
        unit: 's',
        goal: '<= 20 s',
      },
      { what: 'the same, peak RSS', value: run.peakMb(), unit: 'MiB', goal: '< 500 MiB' },
      { what: 'the same import again', value: second.ms / 1000, unit: 's' },
      { what: 'retrain on goodbooks (all stages)', value: trained.ms / 1000, unit: 's' },
      { what: 'the same, peak RSS', value: retrain.peakMb(), unit: 'MiB' },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Import of a goodbooks folder (items.csv, ratings.csv) on the embedded database. */

import { join } from 'node:path';

import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { withDataFolder } from './server.js';

/** `folder` holds items.csv and ratings.csv. */
export async function benchImport(folder: string): Promise<Figure[]> {
  return withDataFolder('0', async (env) => {
    const args = ['--items', join(folder, 'items.csv'), '--ratings', join(folder, 'ratings.csv')];
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
  });
}

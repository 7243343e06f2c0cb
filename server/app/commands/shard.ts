/** `npm run shard [-- --dry-run]`: shards the large collections of a MongoDB cluster by their keys. */

import { openDatabase } from '../../database/index.js';
import {
  openShardAdmin,
  planSharding,
  shardCollections,
  ShardingRefusedError,
  type ShardStep,
  showKey,
  UNSHARDED,
} from '../../store/mongo/index.js';
import { createLog } from '../log.js';
import { flag } from '../options.js';
import { readDatabaseSettings, readEnvironment } from '../settings.js';

import { runCommand } from './command.js';

const command = {
  name: 'shard',
  summary:
    'Shards the large collections of a sharded MongoDB cluster by the keys of docs/operate.md, "Sharding". A collection that' +
    '\nis sharded by its key already stays as it is. On any other database it changes nothing and fails.',
  options: {
    'dry-run': flag('Prints the keys and what would be done, on any database, and changes nothing.'),
  },
  examples: ['npm run shard -- --dry-run', 'npm run shard'],
};

runCommand(command, async ({ 'dry-run': isDryRun }) => {
  const settings = readDatabaseSettings(readEnvironment());
  const log = createLog({ logLevel: 'error' });
  const onProgress = (message: string) => process.stderr.write(`${message}\n`);
  const database = await openDatabase({ settings, log, role: 'command', onProgress });
  try {
    const admin = await openShardAdmin(database.uri);
    try {
      const plan = planSharding(await admin.read(), { isEmbedded: database.kind !== 'uri' });
      const { steps, refusal } = plan;
      if (isDryRun) {
        process.stdout.write(tableOf(steps, 'would be sharded'));
        process.stdout.write(`${refusal ?? 'Dry run: nothing was changed.'}\n`);
        return;
      }
      if (refusal !== null) throw new ShardingRefusedError(refusal);
      await shardCollections(admin, plan, onProgress);
      process.stdout.write(tableOf(steps, 'sharded now'));
    } finally {
      await admin.close();
    }
  } finally {
    await database.stop();
  }
});

function tableOf(steps: readonly ShardStep[], outcome: string): string {
  const rows = steps.map(({ collection, key, isDone, needsIndex }) => [
    ...[collection, showKey(key)],
    isDone ? 'sharded already' : `${outcome}${needsIndex ? ', with a new index' : ''}`,
  ]);
  const lines = [['collection', 'shard key', 'state'], ...rows].map(
    ([name, key, state]) => `${name.padEnd(16)} ${key.padEnd(18)} ${state}\n`,
  );
  return `${lines.join('')}Not sharded: ${UNSHARDED.join(', ')}\n`;
}

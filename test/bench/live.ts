/** Start, restart, and thumbs to pushed lists, on the embedded database. */

import { startProcess } from './process.js';
import { benchPush } from './push.js';
import type { Figure } from './report.js';
import { READY, withDataFolder } from './server.js';

export async function benchLive(users = '10000'): Promise<Figure[]> {
  return withDataFolder(users, async (env) => {
    const figures: Figure[] = [];
    const first = startProcess('main', [], env);
    figures.push({
      what: `first start, ${users} users`,
      value: (await first.until(READY, 600_000)).ms / 1000,
      unit: 's',
      goal: '<= 90 s',
    });
    figures.push({ what: 'first start, peak RSS', value: first.peakMb(), unit: 'MiB' });
    await first.stop();

    const server = startProcess('main', [], env);
    const { ms, match } = await server.until(READY, 120_000);
    figures.push({ what: 'restart on existing data', value: ms / 1000, unit: 's', goal: '<= 10 s' });
    try {
      figures.push(
        ...(await benchPush({
          url: match[1],
          ...{ subscriptions: 200, thumbsPerSecond: 50, seconds: 20 },
          goals: { p50: '< 15 ms', p99: '< 50 ms' },
        })),
      );
      figures.push({ what: 'server, peak RSS', value: server.peakMb(), unit: 'MiB' });
    } finally {
      await server.stop();
    }
    return figures;
  });
}

/**
 * Compares the hit rate of the active version's lists with that of the version before. Every thumb is predicted before
 * it is learned from (see analytics), so a model cannot score well from memory.
 */

import { DAY_MS, type AlertThresholds } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { AlertService, ServingModel } from '../models/index.js';

const SPAN_MS = 35 * DAY_MS;
const MIN_THUMBS = 200;
/** Default of the minimum relative loss. */
export const HIT_RATE_LOSS = 0.1;
/** Minimum loss in standard errors: daily checks for weeks are many comparisons. */
const Z_LIMIT = 3;

interface QualityOptions {
  readonly store: Store;
  readonly alerts: Pick<AlertService, 'raise'>;
  readonly clock: () => number;
  readonly thresholds: () => Promise<AlertThresholds>;
}

/** Raises an alert if the active version's hit rate is clearly below its parent's. */
export async function checkQuality(
  { store, alerts, clock, thresholds }: QualityOptions,
  { version, meta }: Pick<ServingModel, 'version' | 'meta'>,
): Promise<void> {
  const parent = meta.parentVersion;
  if (parent === null) return;
  const days = await store.metrics.find({ grain: 'day', from: clock() - SPAN_MS, to: Infinity });
  const of = (counter: string) => days.reduce((sum, { counters }) => sum + (counters[counter] ?? 0), 0);
  const [now, before] = [version, parent].map((number) => {
    const hits = of(`hits@${number}`);
    const thumbs = hits + of(`misses@${number}`);
    return { hits, thumbs, rate: thumbs === 0 ? 0 : hits / thumbs };
  });
  if (Math.min(now.thumbs, before.thumbs) < MIN_THUMBS) return;
  const pooled = (now.hits + before.hits) / (now.thumbs + before.thumbs);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.thumbs + 1 / before.thumbs));
  const { hitRateLoss } = await thresholds();
  const isLower = now.rate < before.rate * (1 - hitRateLoss) && before.rate - now.rate > Z_LIMIT * error;
  if (!isLower) return;
  await alerts.raise({
    ...{ alertId: `quality-${version}`, kind: 'quality', severity: 'warning', modelVersion: version },
    message: `Version ${version} has a lower hit rate than version ${parent}. An admin can activate version ${parent} again.`,
    values: { hitRate: now.rate, 'hitRate before': before.rate, thumbs: now.thumbs },
  });
}

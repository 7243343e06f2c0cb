/** Alert thresholds: defaults, and the values that administrators set instead. Read at each use, so every instance has the latest. */

import { checkThresholds, type AlertThresholds, type ThresholdChange } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

interface ThresholdServiceOptions {
  readonly store: Pick<Store, 'thresholds'>;
  readonly defaults: AlertThresholds;
}

export class ThresholdService {
  constructor(private readonly options: ThresholdServiceOptions) {}

  async inForce(): Promise<AlertThresholds> {
    return { ...this.options.defaults, ...(await this.options.store.thresholds.find()) };
  }

  /** Throws InvalidInputError for a threshold outside its range; then none is changed. */
  async change(change: ThresholdChange): Promise<AlertThresholds> {
    checkThresholds(change);
    await this.options.store.thresholds.change(change);
    return this.inForce();
  }
}

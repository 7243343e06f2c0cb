/** Whether users still behave like those the active version was trained on. */

import type { DriftReport } from '../domain/index.js';
import type { Store } from '../store/index.js';

import type { DriftService } from './services.js';

export interface DriftServiceOptions {
  readonly store: Store;
}

export class DriftMonitor implements DriftService {
  constructor(private readonly options: DriftServiceOptions) {}

  report(): Promise<DriftReport | null> {
    return this.options.store.drift.find();
  }
}

/**
 * Demo mode: while all users and items come from the synthesiser, visitors may sign in as a synthetic user. The first
 * real user or item ends the demo permanently, before it is written, on every path that writes. Whether the demo is
 * open is kept in memory; other instances are notified.
 */

import type { EventPublisher, Logger } from '../../domain/index.js';
import type { DatasetInfo, Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import { followNotices } from './follow-notices.js';
import type { DemoPort } from '../index.js';

interface DemoServiceOptions {
  readonly store: Pick<Store, 'dataset' | 'users' | 'notices'>;
  /** False: sign-in always requires a token, whatever the data. */
  readonly isAllowed: boolean;
  readonly bus: EventPublisher;
  readonly announce: Announce;
  readonly log: Logger;
}

export class DemoService implements DemoPort {
  private isSynthetic = false;
  /** Users known to be synthetic, so that each is looked up once. */
  private readonly synthetic = new Set<string>();
  private readonly watching = new AbortController();

  constructor(private readonly options: DemoServiceOptions) {}

  get isOpen(): boolean {
    return this.isSynthetic && this.options.isAllowed;
  }

  admit(userId: string): void {
    this.synthetic.add(userId);
  }

  /** Marks all data as synthetic; call before the first of them is written. */
  async begin(facts: Pick<DatasetInfo, 'seed' | 'filledAt' | 'countedAt'>): Promise<void> {
    await this.options.store.dataset.update({ ...facts, isSynthetic: true });
    this.isSynthetic = true;
    await this.options.announce('dataset');
  }

  /** Call before writing data of these users: ends the demo if any of them is not synthetic. */
  async meet(userIds: readonly string[]): Promise<void> {
    if (!this.isSynthetic) return;
    const unknown = userIds.filter((userId) => !this.synthetic.has(userId));
    if (unknown.length === 0) return;
    for (const { userId, isSynthetic } of await this.options.store.users.findMany(unknown))
      if (isSynthetic) this.synthetic.add(userId);
    if (unknown.some((userId) => !this.synthetic.has(userId))) await this.end();
  }

  /** Ends the demo permanently, on this and every other instance. Call before real data are written. */
  async end(): Promise<void> {
    if (!this.isSynthetic) return;
    const { store, announce } = this.options;
    await store.dataset.update({ isSynthetic: false });
    this.remember(false);
    await announce('dataset');
  }

  /** Reads the state that other processes may have changed. */
  async refresh(): Promise<void> {
    this.remember((await this.options.store.dataset.get()).isSynthetic);
  }

  /** Follows changes by other processes until `stop`. */
  follow(): void {
    const { store, log } = this.options;
    followNotices({
      store,
      kind: 'dataset',
      refresh: () => this.refresh(),
      signal: this.watching.signal,
      log,
    });
  }

  stop(): void {
    this.watching.abort();
  }

  private remember(isSynthetic: boolean): void {
    const hasEnded = this.isSynthetic && !isSynthetic;
    this.isSynthetic = isSynthetic;
    if (!hasEnded) return;
    this.synthetic.clear();
    this.options.log.info({}, 'demo ended: real data were added');
    this.options.bus.publish('access.changed', {});
  }
}

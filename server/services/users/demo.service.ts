/**
 * The demo: while every user and every item was made by the synthesiser, anybody may sign in as a synthetic user. The
 * first real user or item ends it for good, by whatever way it comes, before it is written. Whether the demo is open is
 * kept in memory; other instances are told by a notice.
 */

import type { EventPublisher, Logger } from '../../domain/index.js';
import type { DatasetInfo, Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import { followNotices } from './follow-notices.js';
import type { DemoPort } from '../index.js';

export interface DemoServiceOptions {
  readonly store: Pick<Store, 'dataset' | 'users' | 'notices'>;
  /** False: nobody may sign in without a token, whatever the data. */
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

  /** Says what all data come from; called before the first of them is written. */
  async begin(facts: Pick<DatasetInfo, 'seed' | 'filledAt' | 'countedAt'>): Promise<void> {
    await this.options.store.dataset.update({ ...facts, isSynthetic: true });
    this.isSynthetic = true;
    await this.options.announce('dataset');
  }

  /** Call before something of these users is written: one who is not synthetic ends the demo. */
  async meet(userIds: readonly string[]): Promise<void> {
    if (!this.isSynthetic) return;
    const unknown = userIds.filter((userId) => !this.synthetic.has(userId));
    if (unknown.length === 0) return;
    for (const { userId, isSynthetic } of await this.options.store.users.findMany(unknown))
      if (isSynthetic) this.synthetic.add(userId);
    if (unknown.some((userId) => !this.synthetic.has(userId))) await this.end();
  }

  /** Ends the demo for good, here and on every other instance. Call before real data are written. */
  async end(): Promise<void> {
    if (!this.isSynthetic) return;
    const { store, announce } = this.options;
    await store.dataset.update({ isSynthetic: false });
    this.remember(false);
    await announce('dataset');
  }

  /** Reads what other processes have made of the data. */
  async refresh(): Promise<void> {
    this.remember((await this.options.store.dataset.get()).isSynthetic);
  }

  /** Follows other processes until `stop`. */
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
    this.options.log.info({}, 'the demo has ended: real data have come');
    this.options.bus.publish('access.changed', {});
  }
}

/**
 * Alerts for admins: raised once per cause in the whole installation, and published to subscribers.
 */

import type { Alert, EventPublisher, Logger } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { AlertPort } from '../index.js';

type NewAlert = Pick<Alert, 'alertId' | 'kind' | 'severity' | 'message'> &
  Partial<Pick<Alert, 'modelVersion' | 'values'>>;

interface AlertServiceOptions {
  readonly store: Store;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
}

export class AlertService implements AlertPort {
  private readonly watching = new AbortController();
  /** Ids raised and published by this instance; the change stream delivers them a second time. */
  private readonly own = new Set<string>();

  constructor(private readonly options: AlertServiceOptions) {}

  alerts({ first, isAcknowledged }: { first: number; isAcknowledged?: boolean }): Promise<Alert[]> {
    return this.options.store.alerts.list({ limit: first, isAcknowledged });
  }

  alert(alertId: string): Promise<Alert | null> {
    return this.options.store.alerts.find(alertId);
  }

  acknowledge(alertId: string, by: string): Promise<Alert | null> {
    return this.options.store.alerts.acknowledge(alertId, by, this.options.clock());
  }

  /**
   * Stores and publishes an alert unless the same id was raised before. Never throws: an alert must not stop the
   * operation it reports on.
   */
  async raise({ modelVersion = null, values = {}, ...rest }: NewAlert): Promise<void> {
    const { store, bus, clock, log } = this.options;
    const open = { acknowledgedAt: null, acknowledgedBy: null };
    const { alertId } = rest;
    this.own.add(alertId);
    try {
      if (!(await store.alerts.raise({ ...rest, ...open, modelVersion, values, at: clock() }))) return;
      log.warn({ alertId, modelVersion }, rest.message);
      bus.publish('alert.raised', { alertId });
    } catch (error) {
      log.error({ err: error, alertId }, 'an alert could not be stored');
    }
  }

  /** Publishes alerts that other instances raise, until `close`. */
  follow(): void {
    const raised = this.options.store.alerts.watch({ signal: this.watching.signal });
    if (raised !== null) void this.tell(raised);
  }

  close(): void {
    this.watching.abort();
  }

  private async tell(raised: AsyncIterable<string>): Promise<void> {
    for await (const alertId of raised) {
      if (!this.own.has(alertId)) this.options.bus.publish('alert.raised', { alertId });
    }
  }
}

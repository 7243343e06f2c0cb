/**
 * Alerts, for admins.
 */

import { Arg, Ctx, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';

import type { AlertAcknowledgedType, UnknownAlertType } from '../../schema/index.js';
import { AcknowledgeAlertResult, AlertType } from '../../schema/index.js';
import type { EventEnvelope } from '../domain/index.js';

import { Access } from './access.js';
import { costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';
import { toAlert } from './views.js';

@Resolver()
export class AlertResolver {
  @Access('admin')
  @Query(() => [AlertType], { complexity: costOfPage, description: 'Alerts, newest first.' })
  async alerts(
    @Ctx() context: ApiContext,
    @First({ defaultValue: 50, max: 200, what: 'alerts' }) first: number,
    @Arg('isAcknowledged', () => Boolean, {
      nullable: true,
      description: 'Only acknowledged or only open alerts; both if omitted.',
    })
    isAcknowledged: boolean | null | undefined,
  ): Promise<AlertType[]> {
    const options = { first, isAcknowledged: isAcknowledged ?? undefined };
    return (await context.services.alerts.alerts(options)).map((alert) => toAlert(context, alert));
  }

  @Access('admin')
  @Mutation(() => AcknowledgeAlertResult, {
    description: 'Closes an alert; the first acknowledgement stays.',
  })
  async acknowledgeAlert(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: 'The id of the alert.' }) id: string,
  ): Promise<AlertAcknowledgedType | UnknownAlertType> {
    const { services, actor } = context;
    const by = actor.kind === 'account' ? actor.name : 'admin';
    const alert = await services.audit.run(
      { actor, action: 'acknowledge-alert', target: id },
      () => services.alerts.acknowledge(id, by),
      (found) => (found === null ? { outcome: 'refused' } : {}),
    );
    return alert === null
      ? { id, message: `There is no alert with the id "${id}".` }
      : { alert: toAlert(context, alert) };
  }

  @Access('admin')
  @Subscription(() => AlertType, {
    name: 'alerts',
    description: 'Alerts as they are raised, on any instance.',
    subscribe: ({ context }: { context: ApiContext }) =>
      context.bus.subscribe(['alert.raised'], { coalesceBy: ({ payload }) => payload.alertId }),
  })
  async alertRaised(
    @Root() { payload }: EventEnvelope<'alert.raised'>,
    @Ctx() context: ApiContext,
  ): Promise<AlertType> {
    const alert = await context.services.alerts.alert(payload.alertId);
    if (alert === null) throw new Error(`Alert ${payload.alertId} was published, but is not stored.`);
    return toAlert(context, alert);
  }
}

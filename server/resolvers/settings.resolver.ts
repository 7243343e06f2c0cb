/** The settings in force, for admins and viewers, and the alert thresholds, which admins change. */

import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';

import { AlertThresholdsInput, AlertThresholdsType, SettingsType } from '../../schema/index.js';

import { Access } from './access.js';
import type { ApiContext } from './context.js';

@Resolver()
export class SettingsResolver {
  @Access('admin')
  @Query(() => SettingsType, { description: 'The settings in force.' })
  async settings(@Ctx() { services: { settings } }: ApiContext): Promise<SettingsType> {
    return { schedules: settings.schedules(), alertThresholds: await settings.thresholds() };
  }

  @Access('admin')
  @Mutation(() => AlertThresholdsType, {
    description:
      'Changes alert thresholds, for all instances and from the next check and the next training on. Returns those in force.',
  })
  changeAlertThresholds(
    @Ctx() { services, actor }: ApiContext,
    @Arg('thresholds', () => AlertThresholdsInput, { description: 'The thresholds to change.' })
    thresholds: AlertThresholdsInput,
  ): Promise<AlertThresholdsType> {
    return services.audit.run({ actor, action: 'change-thresholds', target: null }, () =>
      services.settings.changeThresholds(thresholds),
    );
  }
}

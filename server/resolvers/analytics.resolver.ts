/**
 * Dashboards, for admins.
 */

import { Arg, Ctx, Query, Resolver, Root, Subscription } from 'type-graphql';

import type { ClusterMapType } from '../../schema/index.js';
import { AnalyticsRangeInput, AnalyticsType, AnalyticsUpdateType } from '../../schema/index.js';
import type { EventEnvelope } from '../domain/index.js';

import { Access } from './access.js';
import type { ApiContext } from './context.js';
import { findPersona, toImport, toPersona } from './views.js';

@Resolver()
export class AnalyticsResolver {
  @Access('admin')
  @Query(() => AnalyticsType, {
    description: 'Dashboard metrics for a time range, computed from counters.',
  })
  async analytics(
    @Ctx() context: ApiContext,
    @Arg('range', () => AnalyticsRangeInput, {
      nullable: true,
      description: 'The time range; by default the last seven days by the hour.',
    })
    range: AnalyticsRangeInput | null | undefined,
  ): Promise<AnalyticsType> {
    const { analytics } = context.services;
    const report = await analytics.report(range ?? {});
    const withPersona = <T extends { personaId: string }>(row: T) => ({
      ...row,
      persona: findPersona(context, row.personaId),
    });
    return {
      ...report,
      ctr: report.ctr.map(withPersona),
      personaCategory: report.personaCategory.map(withPersona),
      previousTotals: () => analytics.previousTotals(report),
      marks: async () =>
        (await analytics.marks(report)).map((mark) => ({
          ...mark,
          import: mark.import === null ? null : toImport(mark.import),
        })),
      live: () => analytics.live(),
      clusterMap: () => clusterMapOf(context),
    };
  }

  @Access('admin')
  @Subscription(() => AnalyticsUpdateType, {
    description: 'Live metrics, at most four times and at least once a second.',
    subscribe: ({ context }: { context: ApiContext }) =>
      context.bus.subscribe(['analytics.changed'], { coalesceBy: ({ name }) => name }),
  })
  async analyticsUpdated(
    @Root() { payload }: EventEnvelope<'analytics.changed'>,
    @Ctx() { services }: ApiContext,
  ): Promise<AnalyticsUpdateType> {
    return { at: payload.at, live: await services.analytics.live() };
  }
}

/** Three decimals are finer than a pixel, and make the largest response a quarter smaller. */
const toMapUnit = (value: number) => Math.round(value * 1_000) / 1_000;

function clusterMapOf(context: ApiContext): ClusterMapType | null {
  const { services } = context;
  const map = services.analytics.clusterMap();
  if (map === null) return null;
  const { modelVersion, nUsers, userIds, x, y, persona, silhouette } = map;
  return {
    ...{ modelVersion, nUsers, userIds },
    personas: services.personas.personas().map((one) => toPersona(context, one)),
    x: Array.from(x, toMapUnit),
    y: Array.from(y, toMapUnit),
    persona: Array.from(persona),
    silhouette: Array.from(silhouette, toMapUnit),
  };
}

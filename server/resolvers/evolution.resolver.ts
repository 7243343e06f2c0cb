/**
 * Changes of behaviour and personas: drift, and evolution between versions.
 */

import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';

import { DriftReportType, PersonaEvolutionType, PersonaRecordType } from '../../schema/index.js';
import { WithheldError } from '../domain/index.js';

import { Access, isWithheld } from './access.js';
import { costOfPage, costOfRows, First, Subject } from './arguments.js';
import type { ApiContext } from './context.js';
import { toDriftReport, toPersonaEvolution, toPersonaRecord } from './views.js';

@Resolver()
export class EvolutionResolver {
  @Access('admin')
  @Query(() => DriftReportType, {
    nullable: true,
    complexity: costOfRows(5),
    description:
      'Drift of current users from the users that a version was trained on; null before the first check.',
  })
  async drift(@Ctx() context: ApiContext): Promise<DriftReportType | null> {
    const report = await context.services.drift.report();
    return report === null ? null : toDriftReport(context, report);
  }

  @Access('admin')
  @Query(() => PersonaEvolutionType, {
    nullable: true,
    complexity: costOfRows(10),
    description:
      'Changes of users and personas between two versions; by default between the active version and its parent. Null if either version does not exist.',
  })
  async personaEvolution(
    @Ctx() context: ApiContext,
    @Arg('fromVersion', () => Int, {
      nullable: true,
      description: 'The earlier version; by default the parent of the later version.',
    })
    fromVersion: number | null | undefined,
    @Arg('toVersion', () => Int, {
      nullable: true,
      description: 'The later version; by default the active version.',
    })
    toVersion: number | null | undefined,
  ): Promise<PersonaEvolutionType | null> {
    const evolution = await context.services.personas.evolution(fromVersion, toVersion);
    return evolution === null ? null : toPersonaEvolution(context, evolution);
  }

  @Access('user')
  @Query(() => [PersonaRecordType], {
    complexity: costOfPage,
    description:
      "A user's persona history, newest first. Under differential privacy, refused with the code WITHHELD for any user except the viewer.",
  })
  async personaHistory(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @First({ defaultValue: 20, max: 100, what: 'steps' }) first: number,
  ): Promise<PersonaRecordType[]> {
    if (isWithheld(context, userId)) {
      throw new WithheldError(
        'Differential privacy is on: only the user may read this timeline, with a user token.',
      );
    }
    const records = await context.loaders.timelines.load({ userId, first });
    return records.map((record) => toPersonaRecord(context, record));
  }
}

/**
 * Public queries: whether the data are synthetic, and the demo users.
 */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';

import type { DemoSessionType, DemoSignInRefusedType } from '../../schema/index.js';
import { DatasetType, DemoSignInResult, DemoUserType } from '../../schema/index.js';

import { Access } from './access.js';
import { costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';

@Resolver()
export class SessionResolver {
  @Access('public')
  @Query(() => DatasetType, { description: 'Public information about the data of this server.' })
  async dataset(@Ctx() { services }: ApiContext): Promise<DatasetType> {
    const { isSynthetic } = await services.users.dataset();
    return { isSynthetic, hasDemo: services.demo.isOpen };
  }

  @Access('public')
  @Query(() => [DemoUserType], {
    complexity: costOfPage,
    description:
      'Synthetic users available for sign-in without a password; empty if `dataset { hasDemo }` is false.',
  })
  async demoUsers(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 12, max: 50, what: 'users' }) first: number,
  ): Promise<DemoUserType[]> {
    const users = services.demo.isOpen ? await services.users.demoUsers(first) : [];
    return users.map(({ userId, persona, eventCount }) => ({
      id: userId,
      personaLabel: persona === null ? null : (services.personas.persona(persona.personaId)?.label ?? null),
      confidence: persona?.confidence ?? null,
      eventCount,
    }));
  }

  @Access('public')
  @Mutation(() => DemoSignInResult, {
    description:
      'Signs in as a synthetic user without a password; refused if `dataset { hasDemo }` is false.',
  })
  async demoSignIn(
    @Ctx() { services, signDemoToken }: ApiContext,
    @Arg('userId', () => ID, { description: 'A user of `demoUsers`.' }) userId: string,
  ): Promise<DemoSessionType | DemoSignInRefusedType> {
    if (!services.demo.isOpen)
      return {
        message: 'Demo sign-in is not available: this server holds real data, or its settings disable it.',
      };
    const user = await services.users.find(userId);
    if (user?.isSynthetic !== true) return { message: 'There is no such demo user.' };
    return { ...(await signDemoToken(userId)), userId };
  }
}

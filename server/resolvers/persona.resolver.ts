/** Personas of the active model. */

import { Arg, Ctx, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';

import type { PersonaCorrectedType, PersonaRenamedType, UnknownPersonaType } from '../../schema/index.js';
import {
  CorrectPersonaResult,
  PersonaChangeType,
  PersonaType,
  RenamePersonaResult,
} from '../../schema/index.js';
import type { EventEnvelope } from '../domain/index.js';
import { MAX_LABEL_CHARACTERS, PersonaNotFoundError } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { costOfRows, Subject } from './arguments.js';
import type { ApiContext } from './context.js';
import { findPersona, toAssignment, toPersona } from './views.js';

@Resolver()
export class PersonaResolver {
  @Access('user')
  @Query(() => [PersonaType], {
    complexity: costOfRows(10),
    description: 'The personas of the active model; empty before the first training.',
  })
  personas(@Ctx() context: ApiContext): PersonaType[] {
    return context.services.personas.personas().map((persona) => toPersona(context, persona));
  }

  @Access('user')
  @Query(() => PersonaType, {
    nullable: true,
    description: 'A persona; null if it is not in the active model.',
  })
  persona(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: 'The id of the persona.' }) id: string,
  ): PersonaType | null {
    return findPersona(context, id);
  }

  @Access('admin')
  @Mutation(() => RenamePersonaResult, {
    description: 'Renames a persona; later model versions keep the label.',
  })
  async renamePersona(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: 'The id of the persona.' }) id: string,
    @Arg('label', () => String, { description: `The new label, 1 to ${MAX_LABEL_CHARACTERS} characters.` })
    label: string,
  ): Promise<PersonaRenamedType | UnknownPersonaType> {
    try {
      const { audit, personas } = context.services;
      const persona = await audit.run({ actor: context.actor, action: 'rename-persona', target: id }, () =>
        personas.rename(id, label),
      );
      return { persona: toPersona(context, persona) };
    } catch (error) {
      if (error instanceof PersonaNotFoundError) return { personaId: id, message: error.message };
      throw error;
    }
  }

  @Access('user')
  @Mutation(() => CorrectPersonaResult, {
    description:
      'Sets the persona chosen by the user. It overrides behaviour and retraining until it is withdrawn, as long as the persona exists.',
  })
  async correctPersona(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @Arg('personaId', () => ID, {
      nullable: true,
      description: 'The persona the user chose; null withdraws the choice.',
    })
    personaId: string | null | undefined,
  ): Promise<PersonaCorrectedType | UnknownPersonaType> {
    try {
      const persona = await context.services.corrections.correct(userId, personaId ?? null);
      return { persona: persona === null ? null : toAssignment(context, persona) };
    } catch (error) {
      if (error instanceof PersonaNotFoundError) return { personaId: personaId!, message: error.message };
      throw error;
    }
  }

  @Access('user')
  @Subscription(() => PersonaChangeType, {
    description: "Changes of a user's persona; after an erasure a last update without a persona.",
    subscribe: ({ args, context }: { args: { userId?: string | null }; context: ApiContext }) => {
      const userId = subjectOf(context.viewer, args.userId);
      return context.bus.subscribe(['persona.changed', 'user.erased'], {
        filter: ({ payload }) => payload.userId === userId,
        coalesceBy: ({ name }) => name,
        isLast: ({ name }) => name === 'user.erased',
      });
    },
  })
  async personaChanged(
    @Root() { payload }: EventEnvelope<'persona.changed' | 'user.erased'>,
    @Ctx() context: ApiContext,
    @Subject() userId: string,
  ): Promise<PersonaChangeType> {
    const user = await context.services.users.find(payload.userId);
    return { userId, persona: user?.persona == null ? null : toAssignment(context, user.persona) };
  }
}

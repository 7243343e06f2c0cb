/** Users, and the one who asks. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import { RoleEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { PersonaAssignmentType } from './persona.type.js';

@ObjectType('User', {
  simpleResolvers: true,
  description:
    'A user as the system knows one: a pseudonym and what follows from behaviour. Only the user itself and admins see it.',
})
export class UserType {
  @Field(() => ID, { description: 'The pseudonym. The id the user has elsewhere is never kept.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Language or region; null when not known.' })
  locale!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the user was first seen; null where `isWithheld`.',
  })
  createdAt!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many events of this user are recorded; null where `isWithheld`.',
  })
  eventCount!: number | null;

  @Field(() => Boolean, { description: 'True for users made by the synthesiser.' })
  isSynthetic!: boolean;

  @Field(() => PersonaAssignmentType, {
    nullable: true,
    description:
      'The current persona; null with too few signals, unless the user chose one, and where `isWithheld`.',
  })
  persona!: PersonaAssignmentType | null;

  @Field(() => Boolean, {
    description:
      'True for another user while differential privacy is on: locale, times, counts, persona, evidence, behaviour, activity and feedback are null or empty.',
  })
  isWithheld!: boolean;
}

export const UserConnectionType = connectionOf('User', 'users', UserType);

@ObjectType('Viewer', { simpleResolvers: true, description: 'Who asks.' })
export class ViewerType {
  @Field(() => RoleEnum, { description: 'What the token entitles to.' })
  role!: 'user' | 'admin';

  @Field(() => ID, {
    nullable: true,
    description: 'The pseudonym the token stands for; null for an admin token without one.',
  })
  userId!: string | null;

  @Field(() => UserType, {
    nullable: true,
    description:
      'The user the token stands for; null for an admin token without one, and for a user nothing is known of yet.',
  })
  user!: UserType | null;

  @Field(() => PersonaAssignmentType, {
    nullable: true,
    description: "The viewer's persona; null with too few signals, unless the viewer chose one.",
  })
  persona!: PersonaAssignmentType | null;
}

@ObjectType('DemoUser', { simpleResolvers: true, description: 'A synthetic user one may try the system as.' })
export class DemoUserType {
  @Field(() => ID, { description: 'The pseudonym, for `demoSignIn`.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The label of the persona; null before one is assigned.',
  })
  personaLabel!: string | null;

  @Field(() => Float, { nullable: true, description: 'How sure the persona is, 0 to 1.' })
  confidence!: number | null;

  @Field(() => Int, { description: 'How many events of this user are recorded.' })
  eventCount!: number;
}

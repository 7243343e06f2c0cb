/** Users and the viewer. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { TokenRole } from '../../server/domain/index.js';
import { RoleEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { PersonaAssignmentType } from './persona.type.js';

@ObjectType('User', {
  simpleResolvers: true,
  description: 'A user: a pseudonym and data derived from behaviour. Visible to the user and to admins.',
})
export class UserType {
  @Field(() => ID, { description: 'The pseudonym. The raw id is never stored.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Language or region; null if unknown.' })
  locale!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the user was first seen; null if `isWithheld`.',
  })
  createdAt!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of recorded events of this user; null if `isWithheld`.',
  })
  eventCount!: number | null;

  @Field(() => Boolean, { description: 'True for users made by the synthesiser.' })
  isSynthetic!: boolean;

  @Field(() => PersonaAssignmentType, {
    nullable: true,
    description:
      'The current persona; null with too few signals, unless the user chose one, and if `isWithheld`.',
  })
  persona!: PersonaAssignmentType | null;

  @Field(() => Boolean, {
    description:
      'True for users other than the viewer while differential privacy is on: locale, times, counts, persona, evidence, behaviour, activity and feedback are null or empty.',
  })
  isWithheld!: boolean;
}

export const UserConnectionType = connectionOf('User', 'users', UserType);

@ObjectType('Viewer', { simpleResolvers: true, description: 'The caller.' })
export class ViewerType {
  @Field(() => RoleEnum, { description: 'Role of the token or account.' })
  role!: TokenRole;

  @Field(() => ID, {
    nullable: true,
    description: 'The pseudonym in the token; null for an admin token without a user.',
  })
  userId!: string | null;

  @Field(() => UserType, {
    nullable: true,
    description:
      'The user of the token; null for an admin token without a user, and for a user without stored data.',
  })
  user!: UserType | null;

  @Field(() => PersonaAssignmentType, {
    nullable: true,
    description: "The viewer's persona; null with too few signals, unless the viewer chose one.",
  })
  persona!: PersonaAssignmentType | null;

  @Field(() => Boolean, {
    description: "True if this server publishes its model for ranking on the user's device (GET /model).",
  })
  hasPrivateMode!: boolean;
}

@ObjectType('DemoUser', { simpleResolvers: true, description: 'A synthetic user for demo sign-in.' })
export class DemoUserType {
  @Field(() => ID, { description: 'The pseudonym, for `demoSignIn`.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The label of the persona; null without a persona.',
  })
  personaLabel!: string | null;

  @Field(() => Float, { nullable: true, description: 'Confidence of the persona, 0 to 1.' })
  confidence!: number | null;

  @Field(() => Int, { description: 'Number of recorded events of this user.' })
  eventCount!: number;
}

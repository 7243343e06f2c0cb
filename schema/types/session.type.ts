/** Demo sign-in, and the facts about the data set it depends on. */

import { createUnionType, Field, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

@ObjectType('Dataset', {
  simpleResolvers: true,
  description: 'What anybody may know about the data behind this server.',
})
export class DatasetType {
  @Field(() => Boolean, {
    description:
      'True while every user and item was made by the synthesiser. The first real one makes it false for good, by whatever way it comes.',
  })
  isSynthetic!: boolean;

  @Field(() => Boolean, {
    description:
      'True while anybody may sign in as a synthetic user: the data are synthetic, and the settings allow it (in production only where SMARTPERSONA_DEMO is true).',
  })
  hasDemo!: boolean;
}

@ObjectType('DemoSession', { simpleResolvers: true, description: 'A signed-in demo user.' })
export class DemoSessionType {
  @Field(() => String, {
    description:
      'A user token: send it as `Authorization: Bearer …`, and as `token` in the connection_init payload of a WebSocket.',
  })
  token!: string;

  @Field(() => DateTime, { description: 'When the token ends.' })
  expiresAt!: number;

  @Field(() => ID, { description: 'The pseudonym of the user.' })
  userId!: string;
}

@ObjectType('DemoSignInRefused', {
  simpleResolvers: true,
  description: 'Refused: no such demo user, or the data are real.',
})
export class DemoSignInRefusedType {
  @Field(() => String, { description: 'Why, in a sentence.' })
  message!: string;
}

export const DemoSignInResult = createUnionType({
  name: 'DemoSignInResult',
  description: 'What became of a demo sign-in.',
  types: () => [DemoSessionType, DemoSignInRefusedType] as const,
  resolveType: (value) => ('token' in value ? DemoSessionType : DemoSignInRefusedType),
});

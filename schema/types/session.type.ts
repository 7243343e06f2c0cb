/** Demo sign-in, and the properties of the data set that it depends on. */

import { createUnionType, Field, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

@ObjectType('Dataset', {
  simpleResolvers: true,
  description: "Public properties of this server's data.",
})
export class DatasetType {
  @Field(() => Boolean, {
    description:
      'True while all users and items come from the synthesiser. The first real user or item makes it false permanently.',
  })
  isSynthetic!: boolean;

  @Field(() => Boolean, {
    description:
      'True while demo sign-in is open: the data are synthetic, and the settings allow it (in production only if SMARTPERSONA_DEMO is true).',
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

  @Field(() => DateTime, { description: 'When the token expires.' })
  expiresAt!: number;

  @Field(() => ID, { description: 'The pseudonym of the user.' })
  userId!: string;
}

@ObjectType('DemoSignInRefused', {
  simpleResolvers: true,
  description: 'Refused: no such demo user, or the data are real.',
})
export class DemoSignInRefusedType {
  @Field(() => String, { description: 'Reason for the refusal.' })
  message!: string;
}

export const DemoSignInResult = createUnionType({
  name: 'DemoSignInResult',
  description: 'Result of demoSignIn.',
  types: () => [DemoSessionType, DemoSignInRefusedType] as const,
  resolveType: (value) => ('token' in value ? DemoSessionType : DemoSignInRefusedType),
});

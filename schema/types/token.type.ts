/** Tokens that this product has signed, and their end. */

import { Field, ID, ObjectType } from 'type-graphql';

import { RoleEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('Token', {
  simpleResolvers: true,
  description: 'A token that this product has signed. The token itself is stored nowhere.',
})
export class TokenType {
  @Field(() => ID, { description: 'Its id, the claim `jti`: `revokeToken` takes it.' })
  id!: string;

  @Field(() => RoleEnum, { description: 'What it entitles to.' })
  role!: 'user' | 'admin';

  @Field(() => ID, {
    nullable: true,
    description: 'The pseudonym it stands for; null for an admin token without a user.',
  })
  userId!: string | null;

  @Field(() => DateTime, { description: 'When it was signed.' })
  createdAt!: number;

  @Field(() => DateTime, { description: 'When it ends by itself.' })
  expiresAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was revoked, alone or with others; null while it holds.',
  })
  revokedAt!: number | null;
}

@ObjectType('CreatedToken', { simpleResolvers: true, description: 'A new token. It is shown this once.' })
export class CreatedTokenType {
  @Field(() => String, {
    description:
      'Send it as `Authorization: Bearer …`, and as `token` in the connection_init payload of a WebSocket.',
  })
  token!: string;

  @Field(() => TokenType, { description: 'What is stored of it.' })
  info!: TokenType;
}

@ObjectType('Revocation', {
  simpleResolvers: true,
  description:
    'What is refused from now on, on every instance; one of `tokenId`, `userId` and `role` is set.',
})
export class RevocationType {
  @Field(() => ID, { nullable: true, description: 'The token with this id.' })
  tokenId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Tokens of this user that were issued before `at`.' })
  userId!: string | null;

  @Field(() => RoleEnum, { nullable: true, description: 'Tokens of this role that were issued before `at`.' })
  role!: 'user' | 'admin' | null;

  @Field(() => DateTime, { description: 'When it began.' })
  at!: number;
}

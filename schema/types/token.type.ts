/** Tokens signed by this product, and revocations. */

import { Field, ID, ObjectType } from 'type-graphql';

import type { TokenRole } from '../../server/domain/index.js';
import { RoleEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('Token', {
  simpleResolvers: true,
  description: 'A token signed by this product. The token itself is not stored.',
})
export class TokenType {
  @Field(() => ID, { description: 'Its id, the claim `jti`, for `revokeToken`.' })
  id!: string;

  @Field(() => RoleEnum, { description: 'Its role.' })
  role!: TokenRole;

  @Field(() => ID, {
    nullable: true,
    description: 'The pseudonym of its user; null for a token without a user.',
  })
  userId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What it is for, as its creator wrote; null for none.',
  })
  label!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When an admin or viewer token was last used, within five minutes; null if never, and for tokens of users.',
  })
  lastUsedAt!: number | null;

  @Field(() => DateTime, { description: 'When it was signed.' })
  createdAt!: number;

  @Field(() => DateTime, { description: 'When it expires.' })
  expiresAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was revoked, by id, user or role; null if not revoked.',
  })
  revokedAt!: number | null;
}

@ObjectType('CreatedToken', { simpleResolvers: true, description: 'A new token. It is shown only once.' })
export class CreatedTokenType {
  @Field(() => String, {
    description:
      'Send it as `Authorization: Bearer …`, and as `token` in the connection_init payload of a WebSocket.',
  })
  token!: string;

  @Field(() => TokenType, { description: 'The stored record of the token.' })
  info!: TokenType;
}

@ObjectType('Revocation', {
  simpleResolvers: true,
  description:
    'A revocation, in effect on every instance; exactly one of `tokenId`, `userId` and `role` is set.',
})
export class RevocationType {
  @Field(() => ID, { nullable: true, description: 'The token with this id.' })
  tokenId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Tokens of this user that were issued before `at`.' })
  userId!: string | null;

  @Field(() => RoleEnum, { nullable: true, description: 'Tokens of this role that were issued before `at`.' })
  role!: TokenRole | null;

  @Field(() => DateTime, { description: 'When it took effect.' })
  at!: number;
}

/** Accounts of administrators and viewers, and the links that set their passwords. */

import { createUnionType, Field, ObjectType } from 'type-graphql';

import type { AccountRole } from '../../server/domain/index.js';
import { RoleEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('Account', { simpleResolvers: true, description: 'An account for the administration.' })
export class AccountType {
  @Field(() => String, { description: 'Its name, unique without regard to case.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'ADMIN or VIEWER.' })
  role!: AccountRole;

  @Field(() => Boolean, { description: 'False until the link of the invitation is used.' })
  hasPassword!: boolean;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it last signed in; null if never.' })
  lastSignInAt!: number | null;
}

@ObjectType('AccountInvitation', {
  simpleResolvers: true,
  description: 'A link that sets the password of an account. It is shown only once.',
})
export class AccountInvitationType {
  @Field(() => String, { description: 'The name of the account.' })
  name!: string;

  @Field(() => String, { description: 'Path and query on this server; valid once.' })
  path!: string;

  @Field(() => DateTime, { description: 'When the link expires.' })
  expiresAt!: number;
}

@ObjectType('AccountChanged', { simpleResolvers: true, description: 'The change is made.' })
export class AccountChangedType {
  @Field(() => String, { description: 'The name of the account.' })
  name!: string;

  @Field(() => AccountType, { nullable: true, description: 'The account; null if it was deleted.' })
  account!: AccountType | null;
}

@ObjectType('AccountRefused', {
  simpleResolvers: true,
  description: 'Refused: the name is in use or unknown, or it is the last administrator.',
})
export class AccountRefusedType {
  @Field(() => String, { description: 'ACCOUNT_EXISTS, ACCOUNT_NOT_FOUND or LAST_ADMIN.' })
  code!: string;

  @Field(() => String, { description: 'Reason for the refusal.' })
  message!: string;
}

export const InviteAccountResult = createUnionType({
  name: 'InviteAccountResult',
  description: 'Result of createAccount and resetPassword.',
  types: () => [AccountInvitationType, AccountRefusedType] as const,
  resolveType: (value) => ('path' in value ? AccountInvitationType : AccountRefusedType),
});

export const ChangeAccountResult = createUnionType({
  name: 'ChangeAccountResult',
  description: 'Result of changeAccountRole and deleteAccount.',
  types: () => [AccountChangedType, AccountRefusedType] as const,
  resolveType: (value) => ('code' in value ? AccountRefusedType : AccountChangedType),
});

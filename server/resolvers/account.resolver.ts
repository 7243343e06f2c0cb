/** Accounts, for admins; viewers may list them. Sign-in and passwords are at /auth, see api/account-endpoint.ts. */

import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';

import type { AccountChangedType, AccountInvitationType, AccountRefusedType } from '../../schema/index.js';
import { AccountType, ChangeAccountResult, InviteAccountResult, RoleEnum } from '../../schema/index.js';
import type { AccountRole, AuditAction, TokenRole } from '../domain/index.js';
import {
  AccountExistsError,
  AccountNotFoundError,
  InvalidInputError,
  LastAdminError,
} from '../domain/index.js';

import { Access } from './access.js';
import { costOfRows } from './arguments.js';
import type { ApiContext } from './context.js';

const NAME = { description: 'The name of the account.' };

@Resolver()
export class AccountResolver {
  @Access('admin')
  @Query(() => [AccountType], { complexity: costOfRows(20), description: 'All accounts, ordered by name.' })
  accounts(@Ctx() { services }: ApiContext): Promise<AccountType[]> {
    return services.accounts.accounts();
  }

  @Access('admin')
  @Mutation(() => InviteAccountResult, {
    description: 'Creates an account without a password, and the link with which its owner sets one.',
  })
  createAccount(
    @Ctx() context: ApiContext,
    @Arg('name', () => String, NAME) name: string,
    @Arg('role', () => RoleEnum, { description: 'ADMIN or VIEWER.' }) role: TokenRole,
  ): Promise<AccountInvitationType | AccountRefusedType> {
    return changed(context, { action: 'create-account', name }, async () => ({
      name,
      ...(await context.services.accounts.create(name, accountRole(role))),
    }));
  }

  @Access('admin')
  @Mutation(() => InviteAccountResult, {
    description:
      'Makes a link that sets a new password. The old password is valid until the link is used; earlier links become invalid.',
  })
  resetPassword(
    @Ctx() context: ApiContext,
    @Arg('name', () => String, NAME) name: string,
  ): Promise<AccountInvitationType | AccountRefusedType> {
    return changed(context, { action: 'invite-account', name }, async () => ({
      name,
      ...(await context.services.accounts.invite(name)),
    }));
  }

  @Access('admin')
  @Mutation(() => ChangeAccountResult, {
    description: 'Changes the role of an account; refused for the last administrator with a password.',
  })
  changeAccountRole(
    @Ctx() context: ApiContext,
    @Arg('name', () => String, NAME) name: string,
    @Arg('role', () => RoleEnum, { description: 'ADMIN or VIEWER.' }) role: TokenRole,
  ): Promise<AccountChangedType | AccountRefusedType> {
    return changed(context, { action: 'change-role', name }, async () => ({
      name,
      account: await context.services.accounts.changeRole(name, accountRole(role)),
    }));
  }

  @Access('admin')
  @Mutation(() => ChangeAccountResult, {
    description:
      'Deletes an account and ends its sessions; refused for the last administrator with a password.',
  })
  deleteAccount(
    @Ctx() context: ApiContext,
    @Arg('name', () => String, NAME) name: string,
  ): Promise<AccountChangedType | AccountRefusedType> {
    return changed(context, { action: 'delete-account', name }, async () => {
      await context.services.accounts.delete(name);
      return { name, account: null };
    });
  }
}

/** Records the change, and turns expected refusals into a member of the result. */
async function changed<T>(
  { services, actor }: ApiContext,
  { action, name }: { action: AuditAction; name: string },
  work: () => Promise<T>,
): Promise<T | AccountRefusedType> {
  try {
    return await services.audit.run({ actor, action, target: name }, work);
  } catch (error) {
    const isExpected =
      error instanceof AccountExistsError ||
      error instanceof AccountNotFoundError ||
      error instanceof LastAdminError;
    if (!isExpected) throw error;
    return { code: error.code, message: error.message };
  }
}

/** Throws InvalidInputError for the role of users, who have no accounts. */
function accountRole(role: TokenRole): AccountRole {
  if (role === 'user') throw new InvalidInputError('An account is an ADMIN or a VIEWER.', 'role');
  return role;
}

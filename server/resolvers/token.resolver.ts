/**
 * Tokens, for admins: sign, list and revoke them.
 */

import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';

import { CreatedTokenType, RevocationType, RoleEnum, TokenType } from '../../schema/index.js';
import type { TokenRole } from '../domain/index.js';
import { InvalidInputError, MAX_LABEL_CHARACTERS } from '../domain/index.js';
import type { RevocationSubject } from '../services/index.js';

import { Access, subjectOf } from './access.js';
import { checkText, costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';

const DAY_SECONDS = 86_400;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 3_650;

@Resolver()
export class TokenResolver {
  @Access('admin')
  @Query(() => [TokenType], {
    complexity: costOfPage,
    description:
      'Unexpired tokens signed by `createToken` and `npm run token`, newest first. Tokens that a site signs itself, and demo tokens, are not listed.',
  })
  async tokens(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 50, max: 500, what: 'tokens' }) first: number,
  ): Promise<TokenType[]> {
    const rows = await services.tokens.tokens(first);
    return rows.map(({ tokenId, ...rest }) => ({ id: tokenId, ...rest }));
  }

  @Access('admin')
  @Mutation(() => CreatedTokenType, { description: 'Signs a token.' })
  async createToken(
    @Ctx() context: ApiContext,
    @Arg('role', () => RoleEnum, { description: 'The role of the token.' }) role: TokenRole,
    @Arg('userId', () => ID, {
      nullable: true,
      description: "The pseudonym of the token's user; required for the role USER.",
    })
    userId: string | null | undefined,
    @Arg('days', () => Int, {
      defaultValue: DEFAULT_DAYS,
      description: 'Lifetime in days, from 1 to the maximum of this installation (default 365).',
    })
    days: number,
    @Arg('label', () => String, {
      nullable: true,
      description: `What the token is for, 1 to ${MAX_LABEL_CHARACTERS} characters; shown in \`tokens\`.`,
    })
    label: string | null | undefined,
  ): Promise<CreatedTokenType> {
    if (label != null) checkText(label, 'label', MAX_LABEL_CHARACTERS);
    if (days < 1 || days > MAX_DAYS)
      throw new InvalidInputError(`"days" must be from 1 to ${MAX_DAYS}.`, 'days');
    const subject = userId == null && role !== 'user' ? null : subjectOf(context.viewer, userId);
    const signed = await context.signToken({ role, userId: subject, ttlSeconds: days * DAY_SECONDS });
    const { token, tokenId, issuedAt: createdAt, expiresAt } = signed;
    const row = { role, userId: subject, createdAt, expiresAt, label: label ?? null, lastUsedAt: null };
    const { audit, tokens } = context.services;
    await audit.run({ actor: context.actor, action: 'create-token', target: tokenId }, () =>
      tokens.record({ tokenId, ...row }),
    );
    return { token, info: { id: tokenId, ...row, revokedAt: null } };
  }

  @Access('admin')
  @Mutation(() => RevocationType, {
    description:
      'Revokes a token by its id, including tokens signed by a site, or all tokens of a user or of a role that were issued before now; give exactly one of the three. Every instance refuses them within a second and closes their sockets with 4403. Revoking the role ADMIN also revokes the token of this request.',
  })
  async revokeToken(
    @Ctx() { services, viewer, actor }: ApiContext,
    @Arg('id', () => ID, { nullable: true, description: 'The id of a token, its claim `jti`.' })
    id: string | null | undefined,
    @Arg('userId', () => ID, { nullable: true, description: 'The pseudonym of a user.' })
    userId: string | null | undefined,
    @Arg('role', () => RoleEnum, { nullable: true, description: 'A role.' })
    role: TokenRole | null | undefined,
  ): Promise<RevocationType> {
    const subjects: RevocationSubject[] = [];
    if (id != null) subjects.push({ kind: 'token', id });
    if (userId != null) subjects.push({ kind: 'user', id: subjectOf(viewer, userId) });
    if (role != null) subjects.push({ kind: 'role', id: role });
    if (subjects.length !== 1)
      throw new InvalidInputError('Name exactly one of "id", "userId" and "role".', 'id');
    const { kind, at } = await services.audit.run(
      { actor, action: 'revoke-token', target: subjects[0].id },
      () => services.tokens.revoke(subjects[0]),
    );
    return {
      tokenId: kind === 'token' ? (id ?? null) : null,
      userId: kind === 'user' ? (userId ?? null) : null,
      role: kind === 'role' ? (role ?? null) : null,
      at,
    };
  }
}

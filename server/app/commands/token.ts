/**
 * `npm run token -- --role admin|viewer|user [--user RAWID] [--days N]`: signs a token, records its id, and prints it.
 * `--list` prints the signed tokens; `--revoke ID` revokes a token, `--revoke-user RAWID` and `--revoke-role ROLE` all
 * tokens issued before now.
 */

import type { TokenRole } from '../../domain/index.js';
import type { RevocationSubject } from '../../services/index.js';
import { createTokens } from '../../api/index.js';
import type { ValuesOf } from '../options.js';
import { flag, optional, wholeNumber } from '../options.js';

import type { AccessDesk } from './command.js';
import { runWithAccess } from './command.js';

const MAX_LISTED = 1_000;
const ACTOR = { kind: 'command', name: 'token' } as const;

const options = {
  role: optional('admin|viewer|user', 'Role of the token.'),
  user: optional('RAWID', "The user's id in your own system; with --role user."),
  days: wholeNumber('Days the token is valid.', { least: 1, most: 3_650, byDefault: 30 }),
  list: flag('Print signed tokens that have not expired: id, role, pseudonym, validity.'),
  revoke: optional('ID', 'Revoke the token with this id (claim jti).'),
  'revoke-user': optional('RAWID', 'Revoke all tokens of a user that were issued before now.'),
  'revoke-role': optional('admin|viewer|user', 'Revoke all tokens of a role that were issued before now.'),
};
type Values = ValuesOf<typeof options>;

const command = {
  name: 'token',
  summary:
    'Prints a token (JWT) for the API and the sign-in page, signed with the key of this installation, lists tokens, or revokes them.',
  options,
  examples: [
    'npm run --silent token -- --role admin',
    'npm run --silent token -- --role user --user 4711',
    'npm run token -- --revoke 7f0c2f0e-5d5c-4f5e-9a3b-0a4d1c2b3e4f',
  ],
  check: problemOf,
};

runWithAccess(command, async (desk, values) => {
  const subject = subjectOf(values, desk);
  if (subject !== null) {
    const { at } = await desk.audit.run({ actor: ACTOR, action: 'revoke-token', target: subject.id }, () =>
      desk.register.revoke(subject),
    );
    process.stdout.write(`Revoked at ${timeOf(at)}: ${subject.kind} ${subject.id}\n`);
  } else if (values.list) await list(desk);
  else process.stdout.write(`${await sign(values, desk)}\n`);
});

function problemOf(values: Values): string | null {
  const { role, user, list: isList, revoke, 'revoke-user': ofUser, 'revoke-role': ofRole } = values;
  const given = [
    role !== undefined,
    isList,
    revoke !== undefined,
    ofUser !== undefined,
    ofRole !== undefined,
  ];
  if (given.filter(Boolean).length !== 1)
    return 'Give one of --role, --list, --revoke, --revoke-user and --revoke-role';
  if (role !== undefined && !isRole(role)) return '--role must be admin, viewer or user';
  if (ofRole !== undefined && !isRole(ofRole)) return '--revoke-role must be admin, viewer or user';
  if (role === 'user' && user === undefined) return '--user is missing';
  return role !== 'user' && user !== undefined ? '--user is only for --role user' : null;
}

function isRole(role: string | undefined): role is TokenRole {
  return role === 'admin' || role === 'viewer' || role === 'user';
}

/** The subject of a revocation; null for none. */
function subjectOf(values: Values, { pseudonymize }: AccessDesk): RevocationSubject | null {
  const { revoke, 'revoke-user': rawId, 'revoke-role': role } = values;
  if (revoke !== undefined) return { kind: 'token', id: revoke };
  if (rawId !== undefined) return { kind: 'user', id: pseudonymize(rawId) };
  return isRole(role) ? { kind: 'role', id: role } : null;
}

async function sign({ role, user, days }: Values, desk: AccessDesk): Promise<string> {
  const { settings, pseudonymize, register, audit } = desk;
  const tokens = createTokens({ key: settings.secret, pseudonymize, maxDays: settings.tokenMaxDays });
  const request = {
    role: isRole(role) ? role : ('user' as const),
    userId: user === undefined ? null : pseudonymize(user),
  };
  const signed = await tokens.sign({ ...request, ttlSeconds: days * 86_400 });
  const { token, tokenId, issuedAt: createdAt, expiresAt } = signed;
  await audit.run({ actor: ACTOR, action: 'create-token', target: tokenId }, () =>
    register.record({ tokenId, ...request, createdAt, expiresAt, label: null, lastUsedAt: null }),
  );
  return token;
}

async function list({ register }: AccessDesk): Promise<void> {
  for (const { tokenId, role, userId, createdAt, expiresAt, revokedAt } of await register.tokens(
    MAX_LISTED,
  )) {
    const end = revokedAt === null ? `until ${timeOf(expiresAt)}` : `revoked ${timeOf(revokedAt)}`;
    process.stdout.write(`${tokenId}  ${role}  ${userId ?? '-'}  from ${timeOf(createdAt)}  ${end}\n`);
  }
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

/**
 * `npm run account -- --name NAME --role admin|viewer`: creates an account and prints the link that sets its password.
 * `--reset` prints a new link, `--role` alone changes the role, `--delete` deletes the account; `--list` prints all.
 */

import type { AccountRole } from '../../domain/index.js';
import { ACCOUNT_ROLES, accountKey } from '../../domain/index.js';
import type { ValuesOf } from '../options.js';
import { flag, optional } from '../options.js';

import type { AccessDesk } from './command.js';
import { runWithAccess } from './command.js';

const options = {
  name: optional('NAME', 'Name of the account; upper and lower case are the same.'),
  role: optional('admin|viewer', 'Its role: an admin changes everything, a viewer reads everything.'),
  reset: flag('Prints a link that sets a new password; the old one is valid until then.'),
  delete: flag('Deletes the account and ends its sessions.'),
  list: flag('Prints all accounts: name, role, last sign-in.'),
};
type Values = ValuesOf<typeof options>;

const command = {
  name: 'account',
  summary:
    'Creates an account for the admin pages and prints the link that sets its password, valid once, for a day; or resets\nthe password, changes the role or deletes the account. The link is for the address of your server: replace\nhttp://localhost if it has a different one.',
  options,
  examples: [
    'npm run account -- --name Ada --role admin',
    'npm run account -- --name Ada --reset',
    'npm run account -- --list',
  ],
  check: problemOf,
};

runWithAccess(command, async (desk, values) => {
  const { accounts, audit } = desk;
  const { name, role } = values;
  if (name === undefined) return list(desk);
  const actor = { kind: 'command', name: 'account' } as const;
  const isKnown = await isAccount(desk, name);
  if (values.delete) {
    await audit.run({ actor, action: 'delete-account', target: name }, () => accounts.delete(name));
    process.stdout.write(`Deleted: ${name}\n`);
  } else if (values.reset) {
    const link = await audit.run({ actor, action: 'invite-account', target: name }, () =>
      accounts.invite(name),
    );
    print(desk, link);
  } else if (isKnown) {
    await audit.run({ actor, action: 'change-role', target: name }, () =>
      accounts.changeRole(name, role as AccountRole),
    );
    process.stdout.write(`${name} is now ${role}\n`);
  } else {
    const link = await audit.run({ actor, action: 'create-account', target: name }, () =>
      accounts.create(name, role as AccountRole),
    );
    print(desk, link);
  }
});

function problemOf({ name, role, reset, delete: isDeletion, list: isList }: Values): string | null {
  if (isList) return name === undefined && !reset && !isDeletion ? null : '--list takes no further options';
  if (name === undefined) return 'Give --name, or --list';
  if (role !== undefined && !ACCOUNT_ROLES.some((one) => one === role))
    return '--role must be admin or viewer';
  const given = [role !== undefined, reset, isDeletion].filter(Boolean).length;
  return given === 1 ? null : 'Give one of --role, --reset and --delete';
}

async function isAccount({ accounts }: AccessDesk, name: string): Promise<boolean> {
  const key = accountKey(name);
  return (await accounts.accounts()).some((account) => accountKey(account.name) === key);
}

function print({ settings }: AccessDesk, { path, expiresAt }: { path: string; expiresAt: number }): void {
  process.stdout.write(
    `Set the password with this link; it is valid once, until ${new Date(expiresAt).toISOString()}:\n` +
      `  http://localhost:${settings.port}${path}\n`,
  );
}

async function list({ accounts }: AccessDesk): Promise<void> {
  const all = await accounts.accounts();
  if (all.length === 0) process.stdout.write('There are no accounts.\n');
  for (const { name, role, lastSignInAt, hasPassword } of all) {
    const last = lastSignInAt === null ? 'never signed in' : `last ${new Date(lastSignInAt).toISOString()}`;
    process.stdout.write(`${name}  ${role}  ${hasPassword ? last : 'invited'}\n`);
  }
}

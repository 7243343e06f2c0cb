/**
 * Accounts of administrators and viewers, their sessions and invitations. Sessions are kept in memory, so that a request
 * costs a map lookup; other processes are notified and read them again.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { Account, AccountRole, AccountSession, EventPublisher, Logger } from '../../domain/index.js';
import {
  AccountExistsError,
  AccountNotFoundError,
  HOUR_MS,
  InvalidInputError,
  InvitationInvalidError,
  LastAdminError,
  MAX_ACCOUNT_NAME_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
  WrongPasswordError,
  accountKey,
} from '../../domain/index.js';
import type { Passwords } from '../../privacy/index.js';
import type { Store } from '../../store/index.js';

import type { AccountInfo, AccountPort, InvitationLink, OpenSession, SignedIn } from '../index.js';
import type { Announce } from '../users/index.js';
import { followNotices } from '../users/index.js';

const SESSION_MS = 12 * HOUR_MS;
const INVITATION_MS = 24 * HOUR_MS;
/** Bytes of session ids and of codes of invitations: too many to guess. */
const SECRET_BYTES = 32;
/** A session of another instance may not be in memory yet; more look-ups than these in a second are guesses. */
const MAX_LOOKUPS_PER_SECOND = 100;
/** Changes that may remove an administrator are made one at a time, on all instances. */
const ADMIN_LEASE = 'administrators';
const ADMIN_LEASE_MS = 10_000;
const ADMIN_LEASE_POLL_MS = 50;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]*$/u;

interface AccountServiceOptions {
  readonly store: Pick<Store, 'accounts' | 'sessions' | 'invitations' | 'notices' | 'leases'>;
  readonly passwords: Passwords;
  readonly bus: EventPublisher;
  readonly announce: Announce;
  readonly clock: () => number;
  readonly log: Logger;
}

export class AccountService implements AccountPort {
  private accountsByKey: ReadonlyMap<string, Account> = new Map();
  private readonly sessions = new Map<string, AccountSession>();
  private lookups = { second: 0, count: 0 };
  private readonly watching = new AbortController();

  constructor(private readonly options: AccountServiceOptions) {}

  async session(sessionId: string): Promise<OpenSession | null> {
    const idHash = sha256(sessionId);
    const session = this.sessions.get(idHash) ?? (await this.lookUp(idHash));
    const account = session === null ? undefined : this.accountsByKey.get(session.account);
    if (session === null || account === undefined) return null;
    const open = { idHash, name: account.name, role: account.role, expiresAt: session.expiresAt };
    return this.isOpen(open) ? open : null;
  }

  isOpen({ idHash, role, expiresAt }: OpenSession): boolean {
    const session = this.sessions.get(idHash);
    const account = session === undefined ? undefined : this.accountsByKey.get(session.account);
    if (session === undefined || account === undefined) return false;
    const isCurrent = session.createdAt >= (account.passwordChangedAt ?? Infinity);
    return isCurrent && account.role === role && expiresAt > this.options.clock();
  }

  async signIn(name: string, password: string): Promise<SignedIn> {
    const { store, passwords, clock } = this.options;
    // A password that is changed meanwhile ends this session.
    const startedAt = clock();
    const account = await store.accounts.find(accountKey(name));
    const isRight = await passwords.verify(password, account?.passwordHash ?? null);
    if (account === null || !isRight) throw new WrongPasswordError();
    return this.open(account, startedAt);
  }

  async signOut(sessionId: string): Promise<void> {
    await this.options.store.sessions.delete(sha256(sessionId));
    await this.changed();
  }

  async accounts(): Promise<AccountInfo[]> {
    await this.refresh();
    return [...this.accountsByKey.values()].map(({ passwordHash, name, role, createdAt, lastSignInAt }) => ({
      ...{ name, role, createdAt, lastSignInAt },
      hasPassword: passwordHash !== null,
    }));
  }

  async create(name: string, role: AccountRole): Promise<InvitationLink> {
    const account = newAccount(checkName(name), role, this.options.clock());
    if (!(await this.options.store.accounts.append(account))) throw new AccountExistsError(account.name);
    await this.changed();
    return this.invite(account.name);
  }

  async invite(name: string): Promise<InvitationLink> {
    const key = accountKey(name);
    if ((await this.options.store.accounts.find(key)) === null) throw new AccountNotFoundError(name);
    await this.options.store.invitations.deleteByAccount(key);
    return this.appendInvitation(key);
  }

  async inviteFirst(): Promise<InvitationLink | null> {
    if (await this.hasAccounts()) return null;
    return this.appendInvitation(null);
  }

  async invitation(code: string): Promise<{ name: string | null } | null> {
    const found = await this.options.store.invitations.find(sha256(code));
    if (found === null || found.expiresAt <= this.options.clock()) return null;
    if (found.account === null) return (await this.hasAccounts()) ? null : { name: null };
    const account = await this.options.store.accounts.find(found.account);
    return account === null ? null : { name: account.name };
  }

  async redeem(code: string, name: string, password: string): Promise<SignedIn> {
    const { store, passwords, clock } = this.options;
    const invited = await this.invitation(code);
    if (invited === null) throw new InvitationInvalidError();
    const chosen = invited.name ?? checkName(name);
    const passwordHash = await passwords.hash(checkPassword(password, chosen));
    // Of several requests with the same code, one gets the invitation.
    if ((await store.invitations.take(sha256(code))) === null) throw new InvitationInvalidError();
    const at = clock();
    if (invited.name === null && !(await store.accounts.append(newAccount(chosen, 'admin', at))))
      throw new InvitationInvalidError();
    const account = await this.setPassword(chosen, passwordHash, at);
    return this.open(account, at);
  }

  async changePassword(name: string, current: string, next: string): Promise<SignedIn> {
    const { store, passwords, clock } = this.options;
    const account = await store.accounts.find(accountKey(name));
    const isRight = await passwords.verify(current, account?.passwordHash ?? null);
    if (account === null || !isRight) throw new WrongPasswordError();
    const passwordHash = await passwords.hash(checkPassword(next, account.name));
    const at = clock();
    return this.open(await this.setPassword(account.name, passwordHash, at), at);
  }

  async changeRole(name: string, role: AccountRole): Promise<AccountInfo> {
    const key = accountKey(name);
    const change = () => this.options.store.accounts.update(key, { role });
    const account = await (role === 'admin' ? change() : this.withoutAdmin(key, change));
    if (account === null) throw new AccountNotFoundError(name);
    await this.changed();
    const { createdAt, lastSignInAt, passwordHash } = account;
    return { name: account.name, role, createdAt, lastSignInAt, hasPassword: passwordHash !== null };
  }

  async delete(name: string): Promise<void> {
    const key = accountKey(name);
    const { accounts, sessions, invitations } = this.options.store;
    const wasThere = await this.withoutAdmin(key, () => accounts.delete(key));
    if (!wasThere) throw new AccountNotFoundError(name);
    await sessions.deleteByAccount(key);
    await invitations.deleteByAccount(key);
    await this.changed();
  }

  /** Reads changes by other processes, and closes sockets whose session has ended. */
  async refresh(): Promise<void> {
    const { store, bus, clock } = this.options;
    const [accounts, sessions] = await Promise.all([store.accounts.list(), store.sessions.list()]);
    // Compared to publish changes only: without change streams this runs every second.
    const before = [...this.sessions.keys(), ...this.accountsByKey.values()];
    this.accountsByKey = new Map(accounts.map((account) => [accountKey(account.name), account]));
    this.sessions.clear();
    for (const session of sessions)
      if (session.expiresAt > clock()) this.sessions.set(session.idHash, session);
    const after = [...this.sessions.keys(), ...this.accountsByKey.values()];
    if (JSON.stringify(before) !== JSON.stringify(after)) bus.publish('access.changed', {});
  }

  /** Follows other processes until `stop`. */
  follow(): void {
    const { store, log } = this.options;
    followNotices({
      store,
      kind: 'accounts',
      refresh: () => this.refresh(),
      signal: this.watching.signal,
      log,
    });
  }

  stop(): void {
    this.watching.abort();
  }

  /** Reads a session that is not in memory, unless there are too many such look-ups; null if there is none. */
  private async lookUp(idHash: string): Promise<AccountSession | null> {
    const second = Math.floor(this.options.clock() / 1_000);
    this.lookups = { second, count: this.lookups.second === second ? this.lookups.count + 1 : 1 };
    if (this.lookups.count > MAX_LOOKUPS_PER_SECOND) return null;
    const session = await this.options.store.sessions.find(idHash);
    if (session === null) return null;
    if (!this.accountsByKey.has(session.account)) await this.refresh();
    this.sessions.set(idHash, session);
    return session;
  }

  private async hasAccounts(): Promise<boolean> {
    return (await this.options.store.accounts.list()).length > 0;
  }

  /**
   * Makes a change after which the account is no administrator. Throws LastAdminError if no other one can sign in. The
   * check and the change are under a lease: two administrators who demote each other at once would both pass the check.
   */
  private async withoutAdmin<T>(key: string, change: () => Promise<T>): Promise<T> {
    const { leases } = this.options.store;
    const owner = randomUUID();
    const acquire = () => leases.acquire(ADMIN_LEASE, owner, ADMIN_LEASE_MS, this.options.clock());
    let lease = await acquire();
    // A lease of an instance that has ended expires.
    while (lease === null) {
      await pause(ADMIN_LEASE_POLL_MS);
      lease = await acquire();
    }
    try {
      await this.requireOtherAdmin(key);
      return await change();
    } finally {
      await leases.release(lease);
    }
  }

  /** Throws LastAdminError if no other administrator can sign in. */
  private async requireOtherAdmin(key: string): Promise<void> {
    const account = await this.options.store.accounts.find(key);
    if (account === null || account.role !== 'admin' || account.passwordHash === null) return;
    const hasOther = (await this.options.store.accounts.list()).some(
      (other) => other.role === 'admin' && other.passwordHash !== null && accountKey(other.name) !== key,
    );
    if (!hasOther) throw new LastAdminError(account.name);
  }

  private async appendInvitation(account: string | null): Promise<InvitationLink> {
    const code = randomSecret();
    const expiresAt = this.options.clock() + INVITATION_MS;
    await this.options.store.invitations.append({ codeHash: sha256(code), account, expiresAt });
    return { path: `/set-up?code=${code}`, expiresAt };
  }

  /** Ends all sessions of the account. */
  private async setPassword(name: string, passwordHash: string, at: number): Promise<Account> {
    const { accounts, sessions, invitations } = this.options.store;
    const key = accountKey(name);
    const account = await accounts.update(key, { passwordHash, passwordChangedAt: at });
    if (account === null) throw new InvitationInvalidError();
    await sessions.deleteByAccount(key);
    await invitations.deleteByAccount(key);
    return account;
  }

  private async open({ name, role }: Account, createdAt: number): Promise<SignedIn> {
    const { store, clock } = this.options;
    const sessionId = randomSecret();
    const idHash = sha256(sessionId);
    const expiresAt = clock() + SESSION_MS;
    await store.sessions.append({ idHash, account: accountKey(name), createdAt, expiresAt });
    await store.accounts.update(accountKey(name), { lastSignInAt: clock() });
    await this.changed();
    return { sessionId, name, role, expiresAt };
  }

  private async changed(): Promise<void> {
    await this.refresh();
    await this.options.announce('accounts');
  }
}

function newAccount(name: string, role: AccountRole, createdAt: number): Account {
  return { name, role, passwordHash: null, createdAt, passwordChangedAt: null, lastSignInAt: null };
}

/** The trimmed name. Throws InvalidInputError. */
function checkName(name: string): string {
  const trimmed = name.trim().normalize('NFKC');
  if (NAME.test(trimmed) && trimmed.length <= MAX_ACCOUNT_NAME_CHARACTERS) return trimmed;
  throw new InvalidInputError(
    `A name has 1 to ${MAX_ACCOUNT_NAME_CHARACTERS} letters, digits, spaces and . _ @ + -, and begins with a letter or a digit.`,
    'name',
  );
}

/** Throws InvalidInputError. */
function checkPassword(password: string, name: string): string {
  if (password.length < MIN_PASSWORD_CHARACTERS || password.length > MAX_PASSWORD_CHARACTERS)
    throw new InvalidInputError(
      `A password has ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters.`,
      'password',
    );
  if (accountKey(password).includes(accountKey(name)) && name.length > 3)
    throw new InvalidInputError('The password must not contain the name.', 'password');
  return password;
}

function randomSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import { beforeEach, describe, expect, it } from 'vitest';

import { HOUR_MS } from '../../../server/domain/index.js';
import { createEventBus } from '../../../server/events/index.js';
import { createPasswords } from '../../../server/privacy/index.js';
import { AccountService } from '../../../server/services/access/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import type { Store } from '../../../server/store/index.js';

const NOON = Date.UTC(2026, 1, 9, 12);
const PASSWORD = 'correct horse battery';
const log = { debug() {}, info() {}, warn() {}, error() {} };

describe('accounts', () => {
  let now: number;
  let store: Store;
  let accounts: AccountService;
  const bus = createEventBus();

  const instanceOf = (of: Store) =>
    new AccountService({
      ...{ store: of, bus, announce: async () => undefined, log },
      ...{ passwords: createPasswords({ cost: 16 }), clock: () => now },
    });
  const codeOf = ({ path }: { path: string }) => path.replace('/set-up?code=', '');
  const first = async () => {
    const link = await accounts.inviteFirst();
    return accounts.redeem(codeOf(link!), 'Ada', PASSWORD);
  };

  beforeEach(() => {
    now = NOON;
    store = createMemoryStore();
    accounts = instanceOf(store);
  });

  it('begin with a link that makes the first administrator, once', async () => {
    const link = (await accounts.inviteFirst())!;
    expect(await accounts.invitation(codeOf(link))).toEqual({ name: null });
    const signedIn = await accounts.redeem(codeOf(link), ' Ada ', PASSWORD);
    expect(signedIn).toMatchObject({ name: 'Ada', role: 'admin', expiresAt: NOON + 12 * HOUR_MS });
    expect(await accounts.session(signedIn.sessionId)).toMatchObject({ name: 'Ada', role: 'admin' });
    expect(await accounts.invitation(codeOf(link))).toBeNull();
    await expect(accounts.redeem(codeOf(link), 'Eve', PASSWORD)).rejects.toThrow('link is not valid');
    expect(await accounts.inviteFirst()).toBeNull();
  });

  it('make one administrator of several first links', async () => {
    const links = [(await accounts.inviteFirst())!, (await accounts.inviteFirst())!];
    await accounts.redeem(codeOf(links[0]!), 'Ada', PASSWORD);
    await expect(accounts.redeem(codeOf(links[1]!), 'Eve', PASSWORD)).rejects.toThrow('link is not valid');
  });

  it('refuse a link after a day, and store neither it nor the password', async () => {
    const link = (await accounts.inviteFirst())!;
    expect(await store.invitations.find(codeOf(link))).toBeNull();
    now += 24 * HOUR_MS;
    await expect(accounts.redeem(codeOf(link), 'Ada', PASSWORD)).rejects.toThrow('link is not valid');
    now -= 1;
    await accounts.redeem(codeOf(link), 'Ada', PASSWORD);
    const [stored] = await store.accounts.list();
    expect(stored!.passwordHash).toMatch(/^scrypt\$16\$8\$2\$/);
    expect(JSON.stringify([stored, await store.sessions.list()])).not.toContain(PASSWORD);
  });

  it('keep a link whose password is refused', async () => {
    const link = (await accounts.inviteFirst())!;
    for (const password of ['too short', 'a password of Adalbert'])
      await expect(accounts.redeem(codeOf(link), 'Adalbert', password)).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        field: 'password',
      });
    await expect(accounts.redeem(codeOf(link), '<b>', PASSWORD)).rejects.toMatchObject({ field: 'name' });
    await accounts.redeem(codeOf(link), 'Adalbert', PASSWORD);
  });

  it('sign in by name, without regard to case, and by the password', async () => {
    await first();
    const signedIn = await accounts.signIn('ada', PASSWORD);
    expect(await accounts.session(signedIn.sessionId)).toMatchObject({ name: 'Ada' });
    for (const [name, password] of [
      ['Ada', `${PASSWORD}!`],
      ['Eve', PASSWORD],
      ['', ''],
    ] as const)
      await expect(accounts.signIn(name, password)).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('end a session by sign-out and by time', async () => {
    const { sessionId } = await first();
    const open = (await accounts.session(sessionId))!;
    await accounts.signOut(sessionId);
    expect(await accounts.session(sessionId)).toBeNull();
    expect(accounts.isOpen(open)).toBe(false);
    const later = await accounts.signIn('Ada', PASSWORD);
    now += 12 * HOUR_MS;
    expect(await accounts.session(later.sessionId)).toBeNull();
  });

  it('end all sessions when the password changes, except the one that changed it', async () => {
    const { sessionId } = await first();
    now += 1;
    await expect(accounts.changePassword('Ada', 'wrong', 'another long one')).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
    const next = await accounts.changePassword('Ada', PASSWORD, 'another long one');
    expect(await accounts.session(sessionId)).toBeNull();
    expect(await accounts.session(next.sessionId)).not.toBeNull();
    await expect(accounts.signIn('Ada', PASSWORD)).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('invite an account, which has no password until its link is used', async () => {
    await first();
    const link = await accounts.create('Vera', 'viewer');
    await expect(accounts.create('VERA', 'admin')).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    expect((await accounts.accounts()).map(({ name, hasPassword }) => [name, hasPassword])).toEqual([
      ['Ada', true],
      ['Vera', false],
    ]);
    await expect(accounts.signIn('Vera', '')).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    expect(await accounts.invitation(codeOf(link))).toEqual({ name: 'Vera' });
    // A name in the request does not choose another account.
    const signedIn = await accounts.redeem(codeOf(link), 'Ada', PASSWORD);
    expect(signedIn).toMatchObject({ name: 'Vera', role: 'viewer' });
  });

  it('replace an earlier link, and forgotten passwords by a link', async () => {
    const { sessionId } = await first();
    const [old, current] = [await accounts.invite('Ada'), await accounts.invite('Ada')];
    expect(await accounts.invitation(codeOf(old))).toBeNull();
    now += 1;
    await accounts.redeem(codeOf(current), '', 'another long one');
    expect(await accounts.session(sessionId)).toBeNull();
    await accounts.signIn('Ada', 'another long one');
    await expect(accounts.invite('Eve')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  it('keep the last administrator who can sign in', async () => {
    await first();
    await accounts.create('Ben', 'admin');
    for (const attempt of [accounts.delete('Ada'), accounts.changeRole('Ada', 'viewer')])
      await expect(attempt).rejects.toMatchObject({ code: 'LAST_ADMIN' });
    const link = await accounts.invite('Ben');
    await accounts.redeem(codeOf(link), '', PASSWORD);
    await accounts.changeRole('Ada', 'viewer');
    await accounts.delete('Ada');
    await expect(accounts.delete('Ada')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  it('keep an administrator when two demote or delete each other at once, on two instances', async () => {
    await first();
    const other = instanceOf(store);
    const removals = [
      (of: AccountService, name: string) => of.changeRole(name, 'viewer'),
      (of: AccountService, name: string) => of.delete(name),
    ];
    for (const remove of removals) {
      const link = await accounts.create('Bob', 'admin').catch(() => accounts.invite('Bob'));
      await accounts.redeem(codeOf(link), '', PASSWORD);
      const ends = await Promise.allSettled([remove(accounts, 'Bob'), remove(other, 'Ada')]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const left = (await accounts.accounts()).filter(({ role }) => role === 'admin');
      expect(left).toHaveLength(1);
      // Both are administrators again for the next round.
      for (const { name, role } of await accounts.accounts())
        if (role === 'viewer') await accounts.changeRole(name, 'admin');
    }
  });

  it('end the sessions of a changed role and of a deleted account, also of one made anew', async () => {
    await first();
    const link = await accounts.create('Vera', 'viewer');
    const signedIn = await accounts.redeem(codeOf(link), '', PASSWORD);
    const open = (await accounts.session(signedIn.sessionId))!;
    await accounts.changeRole('Vera', 'admin');
    expect(accounts.isOpen(open)).toBe(false);
    expect(await accounts.session(signedIn.sessionId)).toMatchObject({ role: 'admin' });
    await accounts.delete('Vera');
    await accounts.create('Vera', 'admin');
    expect(await accounts.session(signedIn.sessionId)).toBeNull();
  });

  it('publish a change of access when a session ends, and not when nothing has changed', async () => {
    const { sessionId } = await first();
    let changes = 0;
    bus.listen('access.changed', () => (changes += 1));
    await accounts.refresh();
    expect(changes).toBe(0);
    await accounts.signOut(sessionId);
    expect(changes).toBe(1);
  });

  it('know a session that another instance began, and follow what it ended', async () => {
    const other = instanceOf(store);
    const { sessionId } = await first();
    expect(await other.session(sessionId)).toMatchObject({ name: 'Ada' });
    await accounts.signOut(sessionId);
    await other.refresh();
    expect(await other.session(sessionId)).toBeNull();
  });

  it('ask the database for few of many guessed sessions', async () => {
    let asked = 0;
    const counted = {
      ...store,
      sessions: { ...store.sessions, find: async () => ((asked += 1), null) },
    };
    const guarded = instanceOf(counted);
    for (let guess = 0; guess < 500; guess += 1) await guarded.session(`guess ${guess}`);
    expect(asked).toBe(100);
  });
});

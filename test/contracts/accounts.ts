/** The contract of accounts, sessions, invitations and the audit log. */

import { describe, expect, it } from 'vitest';

import type { Account, AuditEntry } from '../../server/domain/index.js';

import type { MakeStore } from './samples.js';
import { HOUR, NOON, userIdOf } from './samples.js';

const account = (name: string, fields: Partial<Account> = {}): Account => ({
  ...{ name, role: 'admin', passwordHash: null, createdAt: NOON },
  ...{ passwordChangedAt: null, lastSignInAt: null },
  ...fields,
});

export function describeAccountRepository(name: string, makeStore: MakeStore): void {
  describe(`accounts in ${name}`, () => {
    it('keep one account per name, without regard to case', async () => {
      const { accounts } = await makeStore();
      expect(await accounts.append(account('Grace'))).toBe(true);
      expect(await accounts.append(account('grace', { role: 'viewer' }))).toBe(false);
      expect(await accounts.append(account('Ada'))).toBe(true);
      expect(await accounts.find('grace')).toEqual(account('Grace'));
      expect(await accounts.find('Grace')).toBeNull();
      expect((await accounts.list()).map((one) => one.name)).toEqual(['Ada', 'Grace']);
    });

    it('change what a patch names, and report what is missing', async () => {
      const { accounts } = await makeStore();
      await accounts.append(account('Ada'));
      const patch = { passwordHash: 'hash', passwordChangedAt: NOON + 1 };
      expect(await accounts.update('ada', patch)).toEqual(account('Ada', patch));
      expect(await accounts.update('ada', { role: 'viewer' })).toEqual(
        account('Ada', { ...patch, role: 'viewer' }),
      );
      expect(await accounts.update('bob', patch)).toBeNull();
      expect(await accounts.delete('ada')).toBe(true);
      expect(await accounts.delete('ada')).toBe(false);
      expect(await accounts.list()).toEqual([]);
    });
  });
}

export function describeSessionRepository(name: string, makeStore: MakeStore): void {
  describe(`sessions in ${name}`, () => {
    it('are found by the hash of their id, and end one by one or all of an account', async () => {
      const { sessions } = await makeStore();
      // The database deletes expired documents by its own clock.
      const expiresAt = Date.now() + 24 * HOUR;
      const session = (idHash: string, of: string) => ({ idHash, account: of, createdAt: NOON, expiresAt });
      for (const one of [session('a1', 'ada'), session('a2', 'ada'), session('b1', 'bob')])
        await sessions.append(one);
      expect(await sessions.find('a1')).toEqual(session('a1', 'ada'));
      await sessions.delete('a1');
      expect(await sessions.find('a1')).toBeNull();
      expect(await sessions.deleteByAccount('ada')).toBe(1);
      expect(await sessions.list()).toEqual([session('b1', 'bob')]);
    });
  });
}

export function describeInvitationRepository(name: string, makeStore: MakeStore): void {
  describe(`invitations in ${name}`, () => {
    it('are taken once, however many calls ask at once', async () => {
      const { invitations } = await makeStore();
      const invitation = { codeHash: 'c1', account: null, expiresAt: Date.now() + HOUR };
      await invitations.append(invitation);
      expect(await invitations.find('c1')).toEqual(invitation);
      const taken = await Promise.all([1, 2, 3].map(() => invitations.take('c1')));
      expect(taken.filter((one) => one !== null)).toEqual([invitation]);
      expect(await invitations.find('c1')).toBeNull();
    });

    it('are deleted by account, apart from those of no account', async () => {
      const { invitations } = await makeStore();
      const expiresAt = Date.now() + HOUR;
      await invitations.append({ codeHash: 'first', account: null, expiresAt });
      await invitations.append({ codeHash: 'ada', account: 'ada', expiresAt });
      await invitations.deleteByAccount('ada');
      expect(await invitations.find('ada')).toBeNull();
      expect(await invitations.find('first')).not.toBeNull();
      await invitations.deleteByAccount(null);
      expect(await invitations.find('first')).toBeNull();
    });
  });
}

export function describeAuditRepository(name: string, makeStore: MakeStore): void {
  describe(`the audit log in ${name}`, () => {
    const entry = (number: number, fields: Partial<AuditEntry> = {}): AuditEntry => ({
      ...{ entryId: `e${number}`, at: NOON + number, actor: { kind: 'account', name: 'Ada' } },
      ...{ action: 'retrain', target: null, outcome: 'done' },
      ...fields,
    });

    it('is paged from the newest entry', async () => {
      const { audit } = await makeStore();
      for (const number of [2, 1, 3]) await audit.append(entry(number));
      expect(await audit.list({ first: 2, after: null })).toEqual({
        rows: [entry(3), entry(2)],
        hasNextPage: true,
      });
      expect(await audit.list({ first: 2, after: 'e2' })).toEqual({ rows: [entry(1)], hasNextPage: false });
    });

    it('refuses a second entry with the same id', async () => {
      const { audit } = await makeStore();
      await audit.append(entry(1));
      await audit.append(entry(1, { outcome: 'failed' })).catch(() => undefined);
      expect((await audit.list({ first: 5, after: null })).rows).toEqual([entry(1)]);
    });

    it('forgets an erased user and keeps the entry', async () => {
      const { audit } = await makeStore();
      const about = (number: number, user: number) =>
        entry(number, { action: 'export-user', target: userIdOf(user) });
      await audit.append(about(1, 1));
      await audit.append(about(2, 2));
      await audit.forgetUser(userIdOf(1));
      const { rows } = await audit.list({ first: 5, after: null });
      expect(rows).toEqual([about(2, 2), { ...about(1, 1), target: null }]);
    });
  });
}

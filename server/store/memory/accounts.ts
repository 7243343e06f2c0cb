/** Accounts, sessions, invitations and the audit log in memory. */

import {
  type Account,
  type AccountSession,
  type AuditEntry,
  type Invitation,
  accountKey,
} from '../../domain/index.js';
import type {
  AccountRepository,
  AuditRepository,
  InvitationRepository,
  SessionRepository,
} from '../repositories.js';

import { Table } from './table.js';

export function createAccounts(): AccountRepository {
  const accounts = new Table<Account>();
  return {
    async append(account) {
      const key = accountKey(account.name);
      if (accounts.has(key)) return false;
      accounts.set(key, account);
      return true;
    },
    find: async (key) => accounts.get(key),
    list: async () => accounts.all(),
    async update(key, patch) {
      const account = accounts.get(key);
      if (account === null) return null;
      accounts.set(key, { ...account, ...patch });
      return accounts.get(key);
    },
    delete: async (key) => accounts.delete(key),
  };
}

export function createSessions(): SessionRepository {
  const sessions = new Table<AccountSession>();
  return {
    async append(session) {
      sessions.set(session.idHash, session);
    },
    find: async (idHash) => sessions.get(idHash),
    list: async () => sessions.all(),
    delete: async (idHash) => void sessions.delete(idHash),
    deleteByAccount: async (account) => sessions.deleteWhere((session) => session.account === account),
  };
}

export function createInvitations(): InvitationRepository {
  const invitations = new Table<Invitation>();
  return {
    async append(invitation) {
      invitations.set(invitation.codeHash, invitation);
    },
    find: async (codeHash) => invitations.get(codeHash),
    async take(codeHash) {
      const invitation = invitations.get(codeHash);
      invitations.delete(codeHash);
      return invitation;
    },
    deleteByAccount: async (account) =>
      void invitations.deleteWhere((invitation) => invitation.account === account),
  };
}

export function createAudit(): AuditRepository {
  const entries = new Table<AuditEntry>();
  return {
    async append(entry) {
      if (entries.has(entry.entryId)) throw new Error(`The entry ${entry.entryId} is already in the log.`);
      entries.set(entry.entryId, entry);
    },
    async list({ first, after }) {
      const rows = entries
        .all()
        .reverse()
        .filter(({ entryId }) => after === null || entryId < after);
      return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
    },
    async forgetUser(userId) {
      for (const entry of entries.all())
        if (entry.target === userId) entries.set(entry.entryId, { ...entry, target: null });
    },
  };
}

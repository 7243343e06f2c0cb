/** Accounts, their sessions and invitations. The latter two are deleted when they expire. */

import { type Connection, Schema } from 'mongoose';

import { type Account, type AccountSession, type Invitation, accountKey } from '../../domain/index.js';
import type { AccountRepository, InvitationRepository, SessionRepository } from '../repositories.js';

import { isDuplicateKey } from './errors.js';

interface AccountDocument extends Account {
  /** The key of the account. */
  _id: string;
}

/** `expiresAt` is a Date, so that a TTL index can delete the document at that time. */
interface SessionDocument extends Omit<AccountSession, 'idHash' | 'expiresAt'> {
  _id: string;
  expiresAt: Date;
}

interface InvitationDocument extends Omit<Invitation, 'codeHash' | 'expiresAt'> {
  _id: string;
  expiresAt: Date;
}

const accountSchema = new Schema<AccountDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    role: { type: String, required: true },
    passwordHash: { type: String, default: null },
    createdAt: { type: Number, required: true },
    passwordChangedAt: { type: Number, default: null },
    lastSignInAt: { type: Number, default: null },
  },
  { collection: 'accounts', versionKey: false, autoIndex: false },
);

const sessionSchema = new Schema<SessionDocument>(
  {
    _id: { type: String, required: true },
    account: { type: String, required: true },
    createdAt: { type: Number, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'sessions', versionKey: false, autoIndex: false },
);
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
sessionSchema.index({ account: 1 });

const invitationSchema = new Schema<InvitationDocument>(
  {
    _id: { type: String, required: true },
    account: { type: String, default: null },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'invitations', versionKey: false, autoIndex: false },
);
invitationSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export function createAccountRepository(connection: Connection): AccountRepository {
  const model = connection.model('Account', accountSchema);
  return {
    async append(account) {
      try {
        await model.create({ _id: accountKey(account.name), ...account });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async find(key) {
      const found = await model.findById(key).lean();
      return found === null ? null : toAccount(found);
    },
    list: async () => (await model.find().sort({ _id: 1 }).lean()).map(toAccount),
    async update(key, patch) {
      const found = await model.findByIdAndUpdate(key, { $set: patch }, { returnDocument: 'after' }).lean();
      return found === null ? null : toAccount(found);
    },
    delete: async (key) => (await model.deleteOne({ _id: key })).deletedCount > 0,
  };
}

export function createSessionRepository(connection: Connection): SessionRepository {
  const model = connection.model('AccountSession', sessionSchema);
  return {
    async append({ idHash, expiresAt, ...rest }) {
      await model.create({ _id: idHash, expiresAt: new Date(expiresAt), ...rest });
    },
    async find(idHash) {
      const found = await model.findById(idHash).lean();
      return found === null ? null : toSession(found);
    },
    list: async () => (await model.find().lean()).map(toSession),
    delete: async (idHash) => void (await model.deleteOne({ _id: idHash })),
    deleteByAccount: async (account) => (await model.deleteMany({ account })).deletedCount,
  };
}

export function createInvitationRepository(connection: Connection): InvitationRepository {
  const model = connection.model('Invitation', invitationSchema);
  const orNull = (found: InvitationDocument | null) => (found === null ? null : toInvitation(found));
  return {
    async append({ codeHash, expiresAt, account }) {
      await model.create({ _id: codeHash, expiresAt: new Date(expiresAt), account });
    },
    find: async (codeHash) => orNull(await model.findById(codeHash).lean()),
    take: async (codeHash) => orNull(await model.findByIdAndDelete(codeHash).lean()),
    deleteByAccount: async (account) => void (await model.deleteMany({ account })),
  };
}

function toAccount({ _id, ...account }: AccountDocument): Account {
  return account;
}

function toSession({ _id, expiresAt, ...rest }: SessionDocument): AccountSession {
  return { idHash: _id, ...rest, expiresAt: expiresAt.getTime() };
}

function toInvitation({ _id, expiresAt, account }: InvitationDocument): Invitation {
  return { codeHash: _id, account, expiresAt: expiresAt.getTime() };
}

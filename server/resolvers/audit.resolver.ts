/** The audit log, for admins and viewers. */

import { Ctx, Query, Resolver } from 'type-graphql';

import type { AuditEntryType, Connection } from '../../schema/index.js';
import { AuditEntryConnectionType } from '../../schema/index.js';

import { Access } from './access.js';
import { After, costOfPage, First } from './arguments.js';
import { connectionOfPage } from './connection.js';
import type { ApiContext } from './context.js';
import { decodeCursor } from './cursor.js';

@Resolver()
export class AuditResolver {
  @Access('admin')
  @Query(() => AuditEntryConnectionType, {
    complexity: costOfPage,
    description:
      'Who changed what, newest first: activations, roll-backs, retrains, imports, exports, erasures, tokens, accounts and sign-ins.',
  })
  async auditLog(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'entries' }) first: number,
    @After() after: string | null | undefined,
  ): Promise<Connection<AuditEntryType>> {
    const listing = { name: 'auditLog' };
    const page = await services.audit.entries({ first, after: decodeCursor(listing, after) });
    return connectionOfPage(page, after, {
      listing,
      keyOf: ({ entryId }) => entryId,
      toNode: ({ entryId, ...entry }) => ({ id: entryId, ...entry }),
    });
  }
}

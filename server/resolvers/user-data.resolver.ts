/**
 * The data subject's requests: export and erasure.
 */

import { Ctx, Mutation, Resolver } from 'type-graphql';

import type { ErasureReceiptType, UnknownUserType, UserExportType } from '../../schema/index.js';
import { EraseUserResult, ExportUserResult } from '../../schema/index.js';
import { WithheldError } from '../domain/index.js';

import { Access, isWithheld } from './access.js';
import { costOfRows, Subject } from './arguments.js';
import type { ApiContext } from './context.js';

@Resolver()
export class UserDataResolver {
  @Access('user')
  @Mutation(() => ExportUserResult, {
    complexity: costOfRows(100),
    description:
      'Exports all data held about a user. Under differential privacy, refused with the code WITHHELD for any user except the viewer; the command `npm run export-user` exports any user.',
  })
  async exportUser(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
  ): Promise<UserExportType | UnknownUserType> {
    if (isWithheld(context, userId)) {
      throw new WithheldError(
        'Differential privacy is on: an admin token may not read the rows of one user. Run `npm run export-user -- --user RAWID` on the server, or let the user export with a user token.',
      );
    }
    const { services, actor, viewer } = context;
    const read = () => services.userData.export(userId);
    // What users export of their own is not recorded.
    const data =
      viewer.role === 'user'
        ? await read()
        : await services.audit.run({ actor, action: 'export-user', target: userId }, read, (found) =>
            found === null ? { outcome: 'refused' } : {},
          );
    if (data === null) return unknown(userId);
    const { exportedAt, activity, feedback, personaHistory, shownLists, tokens } = data;
    const counts = rowsOf({
      activity: activity.length,
      feedback: feedback.length,
      personaHistory: personaHistory.length,
      shownLists: shownLists.length,
      tokens: tokens.length,
    });
    return { userId, exportedAt, counts, document: JSON.stringify(data) };
  }

  @Access('user')
  @Mutation(() => EraseUserResult, {
    complexity: costOfRows(100),
    description:
      "Erases all data held about a user from every collection and cache; the receipt states what the database's log still holds, and until when. Open subscriptions receive a last update with the cause ERASED and end. An erased user who returns is a new user.",
  })
  async eraseUser(
    @Ctx() { services, actor }: ApiContext,
    @Subject() userId: string,
  ): Promise<ErasureReceiptType | UnknownUserType> {
    const receipt = await services.userData.erase(userId);
    // The receipt stands for the user, whose pseudonym must not stay anywhere.
    if (receipt !== null)
      await services.audit.record({
        actor,
        action: 'erase-user',
        target: receipt.receiptId,
        outcome: 'done',
      });
    return receipt === null ? unknown(userId) : { ...receipt, removed: rowsOf(receipt.removed) };
  }
}

function unknown(userId: string): UnknownUserType {
  return { userId, message: 'Nothing is held about this user.' };
}

function rowsOf(counts: Readonly<Record<string, number>>): { name: string; value: number }[] {
  return Object.entries(counts).map(([name, value]) => ({ name, value }));
}

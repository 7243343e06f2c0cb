/** Export and erasure of a user's data. */

import { createUnionType, Field, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

import { NamedNumberType } from './model.type.js';

@ObjectType('UserExport', {
  simpleResolvers: true,
  description: 'All stored data of a user, in a machine-readable form.',
})
export class UserExportType {
  @Field(() => ID, { description: 'Pseudonym of the user.' })
  userId!: string;

  @Field(() => DateTime, { description: 'Time of the export.' })
  exportedAt!: number;

  @Field(() => [NamedNumberType], { description: 'Number of rows of each kind.' })
  counts!: { name: string; value: number }[];

  @Field(() => String, {
    description:
      'JSON: user, profile (derived from behaviour), activity (every recorded event), feedback (the latest thumbs), personaHistory, shownLists (lists of the last three days) and tokens (metadata of tokens signed for the user). Times are milliseconds since 1970.',
  })
  document!: string;
}

@ObjectType('ErasureReceipt', { simpleResolvers: true, description: 'Receipt of an erasure.' })
export class ErasureReceiptType {
  @Field(() => ID, { description: "Id of the erasure, also in the server's log." })
  receiptId!: string;

  @Field(() => ID, { description: 'The erased pseudonym.' })
  userId!: string;

  @Field(() => DateTime, { description: 'Time of the request.' })
  requestedAt!: number;

  @Field(() => DateTime, { description: 'When all rows in `removed` were deleted.' })
  completedAt!: number;

  @Field(() => [NamedNumberType], { description: 'Number of rows removed from each collection.' })
  removed!: { name: string; value: number }[];

  @Field(() => String, {
    nullable: true,
    description: 'Remaining data that may still name the user, as a sentence; null if none.',
  })
  remains!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Latest time at which the remaining data are gone; null if none remain or only the database decides.',
  })
  until!: number | null;
}

@ObjectType('UnknownUser', { simpleResolvers: true, description: 'No data are stored about this user.' })
export class UnknownUserType {
  @Field(() => ID, { description: 'The requested pseudonym.' })
  userId!: string;

  @Field(() => String, { description: 'Error message.' })
  message!: string;
}

export const ExportUserResult = createUnionType({
  name: 'ExportUserResult',
  description: 'Result of exportUser.',
  types: () => [UserExportType, UnknownUserType] as const,
  resolveType: (value) => ('document' in value ? UserExportType : UnknownUserType),
});

export const EraseUserResult = createUnionType({
  name: 'EraseUserResult',
  description: 'Result of eraseUser.',
  types: () => [ErasureReceiptType, UnknownUserType] as const,
  resolveType: (value) => ('receiptId' in value ? ErasureReceiptType : UnknownUserType),
});

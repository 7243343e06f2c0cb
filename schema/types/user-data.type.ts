/** Everything held about a user: a copy of it, and its end. */

import { createUnionType, Field, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

import { NamedNumberType } from './model.type.js';

@ObjectType('UserExport', {
  simpleResolvers: true,
  description: 'Everything held about one user, for a machine to read.',
})
export class UserExportType {
  @Field(() => ID, { description: 'The pseudonym it is about.' })
  userId!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  exportedAt!: number;

  @Field(() => [NamedNumberType], { description: 'How many rows of each kind are in it.' })
  counts!: { name: string; value: number }[];

  @Field(() => String, {
    description:
      'JSON: user, profile (what behaviour adds up to), activity (every recorded event), feedback (the latest thumbs), personaHistory, shownLists (the lists of the last days), and tokens (signed for the user, without the tokens themselves). Instants are milliseconds since 1970.',
  })
  document!: string;
}

@ObjectType('ErasureReceipt', { simpleResolvers: true, description: 'What an erasure removed.' })
export class ErasureReceiptType {
  @Field(() => ID, { description: 'Names this erasure; the log of the server has it too.' })
  receiptId!: string;

  @Field(() => ID, { description: 'The pseudonym that was erased.' })
  userId!: string;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  requestedAt!: number;

  @Field(() => DateTime, { description: 'When everything in `removed` was gone.' })
  completedAt!: number;

  @Field(() => [NamedNumberType], { description: 'How many rows were removed from each collection.' })
  removed!: { name: string; value: number }[];

  @Field(() => String, {
    nullable: true,
    description: 'What may still name the user, in a sentence; null for nothing.',
  })
  remains!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When that is gone at the latest; null where nothing remains or the database alone decides.',
  })
  until!: number | null;
}

@ObjectType('UnknownUser', { simpleResolvers: true, description: 'Nothing is held about this user.' })
export class UnknownUserType {
  @Field(() => ID, { description: 'The pseudonym that was asked about.' })
  userId!: string;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

export const ExportUserResult = createUnionType({
  name: 'ExportUserResult',
  description: 'The answer to exportUser.',
  types: () => [UserExportType, UnknownUserType] as const,
  resolveType: (value) => ('document' in value ? UserExportType : UnknownUserType),
});

export const EraseUserResult = createUnionType({
  name: 'EraseUserResult',
  description: 'The answer to eraseUser.',
  types: () => [ErasureReceiptType, UnknownUserType] as const,
  resolveType: (value) => ('receiptId' in value ? ErasureReceiptType : UnknownUserType),
});

/** Finished imports of files. */

import { Field, ID, Int, ObjectType } from 'type-graphql';

import type { ImportRecord } from '../../server/domain/index.js';
import { ImportKindEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('ImportRecord', {
  simpleResolvers: true,
  description: 'A finished import of a file; counts are of rows.',
})
export class ImportRecordType {
  @Field(() => ID, { description: 'Id of the import.' })
  id!: string;

  @Field(() => DateTime, { description: 'When it ended.' })
  at!: number;

  @Field(() => ImportKindEnum, { description: 'Contents of the file.' })
  kind!: ImportRecord['kind'];

  @Field(() => String, { description: 'Name of the file.' })
  name!: string;

  @Field(() => Int, { description: 'Rows read.' })
  read!: number;

  @Field(() => Int, { description: 'New rows.' })
  recorded!: number;

  @Field(() => Int, { description: 'Rows that changed an item.' })
  updated!: number;

  @Field(() => Int, { description: 'Rows that were stored before.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Refused rows.' })
  rejected!: number;

  @Field(() => Int, { description: 'Events with an item that was not in the catalogue; they are kept.' })
  unknownItems!: number;

  @Field(() => Int, { description: 'Users seen for the first time.' })
  newUsers!: number;

  @Field(() => Int, { description: 'Items created from the ids of events.' })
  newItems!: number;
}

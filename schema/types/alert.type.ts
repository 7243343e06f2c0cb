/** What an admin has to know of, and saying that it is known. */

import { createUnionType, Field, ID, Int, ObjectType } from 'type-graphql';

import type { AlertKind, AlertSeverity } from '../../server/domain/index.js';
import { AlertKindEnum, AlertSeverityEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { NamedNumberType } from './model.type.js';

@ObjectType('Alert', {
  simpleResolvers: true,
  description: 'Something an admin has to know of; it stays open until one acknowledges it.',
})
export class AlertType {
  @Field(() => ID, { description: 'Names the alert.' })
  id!: string;

  @Field(() => AlertKindEnum, { description: 'What it is about.' })
  kind!: AlertKind;

  @Field(() => AlertSeverityEnum, { description: 'How much it matters.' })
  severity!: AlertSeverity;

  @Field(() => String, { description: 'What happened and what to do, in a sentence or two.' })
  message!: string;

  @Field(() => DateTime, { description: 'When it was raised.' })
  at!: number;

  @Field(() => Int, { nullable: true, description: 'The model version it is about; null for none.' })
  modelVersion!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was acknowledged; null while it is open.' })
  acknowledgedAt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who acknowledged it: the pseudonym of the admin, or "admin" for a token without a user.',
  })
  acknowledgedBy!: string | null;

  @Field(() => [NamedNumberType], {
    description: 'The figures behind it; empty while differential privacy withholds them.',
  })
  values!: NamedNumberType[] | (() => NamedNumberType[]);
}

@ObjectType('AlertAcknowledged', { simpleResolvers: true, description: 'The alert is closed.' })
export class AlertAcknowledgedType {
  @Field(() => AlertType, { description: 'The alert as it stands now.' })
  alert!: AlertType;
}

@ObjectType('UnknownAlert', { simpleResolvers: true, description: 'Refused: there is no such alert.' })
export class UnknownAlertType {
  @Field(() => ID, { description: 'The id that was asked for.' })
  id!: string;

  @Field(() => String, { description: 'The same, in a sentence.' })
  message!: string;
}

export const AcknowledgeAlertResult = createUnionType({
  name: 'AcknowledgeAlertResult',
  description: 'What became of acknowledging an alert.',
  types: () => [AlertAcknowledgedType, UnknownAlertType] as const,
  resolveType: (value) => ('alert' in value ? AlertAcknowledgedType : UnknownAlertType),
});

/** Alerts and their acknowledgement. */

import { createUnionType, Field, ID, Int, ObjectType } from 'type-graphql';

import type { AlertKind, AlertSeverity } from '../../server/domain/index.js';
import { AlertKindEnum, AlertSeverityEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { NamedNumberType } from './model.type.js';

@ObjectType('Alert', {
  simpleResolvers: true,
  description: 'A condition that needs attention; open until an admin acknowledges it.',
})
export class AlertType {
  @Field(() => ID, { description: 'Id of the alert.' })
  id!: string;

  @Field(() => AlertKindEnum, { description: 'Kind of the alert.' })
  kind!: AlertKind;

  @Field(() => AlertSeverityEnum, { description: 'Severity of the alert.' })
  severity!: AlertSeverity;

  @Field(() => String, { description: 'The problem and the recommended action.' })
  message!: string;

  @Field(() => DateTime, { description: 'When it was raised.' })
  at!: number;

  @Field(() => Int, { nullable: true, description: 'The affected model version; null for none.' })
  modelVersion!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was acknowledged; null while it is open.' })
  acknowledgedAt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Pseudonym of the acknowledging admin, or "admin" for a token without a user.',
  })
  acknowledgedBy!: string | null;

  @Field(() => [NamedNumberType], {
    description: 'The figures behind it; empty while differential privacy withholds them.',
  })
  values!: NamedNumberType[] | (() => NamedNumberType[]);
}

@ObjectType('AlertAcknowledged', { simpleResolvers: true, description: 'The alert is closed.' })
export class AlertAcknowledgedType {
  @Field(() => AlertType, { description: 'The acknowledged alert.' })
  alert!: AlertType;
}

@ObjectType('UnknownAlert', { simpleResolvers: true, description: 'Refused: there is no such alert.' })
export class UnknownAlertType {
  @Field(() => ID, { description: 'The requested id.' })
  id!: string;

  @Field(() => String, { description: 'Error message.' })
  message!: string;
}

export const AcknowledgeAlertResult = createUnionType({
  name: 'AcknowledgeAlertResult',
  description: 'Result of acknowledgeAlert.',
  types: () => [AlertAcknowledgedType, UnknownAlertType] as const,
  resolveType: (value) => ('alert' in value ? AlertAcknowledgedType : UnknownAlertType),
});

/** The audit log. */

import { Field, ID, ObjectType } from 'type-graphql';

import type { AuditAction, AuditActor, AuditOutcome } from '../../server/domain/index.js';
import { AuditActionEnum, AuditActorKindEnum, AuditOutcomeEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';

@ObjectType('AuditActor', { simpleResolvers: true, description: 'Who acted.' })
export class AuditActorType {
  @Field(() => AuditActorKindEnum, { description: 'The kind of the actor.' })
  kind!: AuditActor['kind'];

  @Field(() => String, {
    nullable: true,
    description: 'Name of the account or command, or id of the token; null for users and unknown actors.',
  })
  name!: string | null;
}

@ObjectType('AuditEntry', { simpleResolvers: true, description: 'An entry of the audit log.' })
export class AuditEntryType {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => DateTime, { description: 'When the action ended.' })
  at!: number;

  @Field(() => AuditActorType, { description: 'Who acted.' })
  actor!: AuditActorType;

  @Field(() => AuditActionEnum, { description: 'What was done.' })
  action!: AuditAction;

  @Field(() => String, {
    nullable: true,
    description:
      'What it was done to: a version, a name, an id or a pseudonym, never a raw id. Null for none, and once its user is erased.',
  })
  target!: string | null;

  @Field(() => AuditOutcomeEnum, { description: 'How it ended.' })
  outcome!: AuditOutcome;
}

export const AuditEntryConnectionType = connectionOf('AuditEntry', 'entries', AuditEntryType);

/** Drift of users since a model version was trained, and changes of personas between versions. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { PersonaChangeKind } from '../../server/domain/index.js';
import { PersonaChangeKindEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { PersonaType } from './persona.type.js';

@ObjectType('FeatureDrift', {
  simpleResolvers: true,
  description: 'Drift of the distribution of a behavioural feature.',
})
class FeatureDriftType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, {
    description:
      'Population stability index: 0 for the same distribution; by convention stable below 0.1 and drifted above 0.25.',
  })
  psi!: number;

  @Field(() => Boolean, { description: 'Whether it is above the threshold.' })
  isDrifting!: boolean;
}

@ObjectType('PersonaDrift', { simpleResolvers: true, description: 'Drift of a persona.' })
class PersonaDriftType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, {
    description: "Shift of its members' mean, in units of the typical distance of a user from a centroid.",
  })
  centroidShift!: number;

  @Field(() => Float, { description: 'Its share of all users now, 0 to 1.' })
  share!: number;

  @Field(() => Float, { description: 'Its share when the version was trained, 0 to 1.' })
  previousShare!: number;

  @Field(() => Float, { description: '`share` minus `previousShare`, -1 to 1.' })
  shareShift!: number;

  @Field(() => Boolean, { description: 'Whether either shift is above its threshold.' })
  isDrifting!: boolean;
}

@ObjectType('DriftReport', {
  simpleResolvers: true,
  description: 'How far users have drifted since a model version was trained.',
})
export class DriftReportType {
  @Field(() => Int, { description: 'The reference version.' })
  modelVersion!: number;

  @Field(() => DateTime, { description: 'When it was measured.' })
  measuredAt!: number;

  @Field(() => Int, { nullable: true, description: 'Number of users measured; null if `isWithheld`.' })
  nUsers!: number | null;

  @Field(() => Boolean, { description: 'Whether any feature or persona is above its threshold.' })
  isDrifting!: boolean;

  @Field(() => [FeatureDriftType], {
    description: 'Every feature, largest drift first; empty if `isWithheld`.',
  })
  features!: readonly FeatureDriftType[];

  @Field(() => [PersonaDriftType], {
    description: 'Every persona of the version; empty if `isWithheld`.',
  })
  personas!: PersonaDriftType[];

  @Field(() => Float, { description: 'The index above which a feature counts as drifting.' })
  psiThreshold!: number;

  @Field(() => Float, { description: 'The centroid shift above which a persona counts as drifting.' })
  centroidThreshold!: number;

  @Field(() => Float, { description: 'The change of share above which a persona counts as drifting.' })
  shareThreshold!: number;

  @Field(() => Boolean, {
    description: 'True while differential privacy is on; only `isDrifting` is then reported.',
  })
  isWithheld!: boolean;
}

@ObjectType('PersonaTransition', {
  simpleResolvers: true,
  description: 'Number of users that moved between two personas.',
})
class PersonaTransitionType {
  @Field(() => ID, { description: 'The persona in the earlier version.' })
  fromPersonaId!: string;

  @Field(() => String, { description: 'Its label in the earlier version.' })
  fromLabel!: string;

  @Field(() => ID, { description: 'The persona in the later version.' })
  toPersonaId!: string;

  @Field(() => String, { description: 'Its label in the later version.' })
  toLabel!: string;

  @Field(() => Int, { description: 'Number of users.' })
  count!: number;
}

@ObjectType('PersonaChangeEvent', {
  simpleResolvers: true,
  description: 'Change of personas between two model versions.',
})
class PersonaChangeEventType {
  @Field(() => PersonaChangeKindEnum, { description: 'Kind of change.' })
  kind!: PersonaChangeKind;

  @Field(() => [ID], { description: 'The affected personas, earlier version first.' })
  personaIds!: string[];

  @Field(() => [String], { description: 'Their names, in the same order.' })
  labels!: string[];

  @Field(() => [ID], { description: 'Personas of the earlier version; empty for a birth.' })
  fromPersonaIds!: readonly string[];

  @Field(() => [ID], { description: 'Personas of the later version; empty for a death.' })
  toPersonaIds!: readonly string[];
}

@ObjectType('PersonaEvolution', {
  simpleResolvers: true,
  description: 'Changes of users and personas between two model versions.',
})
export class PersonaEvolutionType {
  @Field(() => Int, { description: 'The earlier version.' })
  fromVersion!: number;

  @Field(() => Int, { description: 'The later version.' })
  toVersion!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Users with a persona in both; null if `isWithheld`.',
  })
  nUsers!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of them whose persona changed; null if `isWithheld`.',
  })
  nMoved!: number | null;

  @Field(() => [PersonaTransitionType], {
    description: 'The transition matrix without its zeros, largest count first; empty if `isWithheld`.',
  })
  transitions!: PersonaTransitionType[];

  @Field(() => [PersonaChangeEventType], {
    description: 'Births, deaths, splits, merges and stable personas; empty if `isWithheld`.',
  })
  changes!: PersonaChangeEventType[];

  @Field(() => Boolean, {
    description: 'True while differential privacy is on; counts and transitions are then withheld.',
  })
  isWithheld!: boolean;
}

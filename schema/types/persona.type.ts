/** Personas, who belongs to them, and how that changed. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { PersonaCause } from '../../server/domain/index.js';
import { PersonaCauseEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('FeatureValue', { simpleResolvers: true, description: 'One behavioural feature and its value.' })
export class FeatureValueType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, { description: 'Its value in plain units: rates 0 to 1, times in seconds.' })
  value!: number;
}

@ObjectType('FeatureComparison', {
  simpleResolvers: true,
  description:
    'One behavioural feature of a user beside others, in plain units: rates 0 to 1, times in seconds.',
})
export class FeatureComparisonType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, { description: "The user's own value." })
  user!: number;

  @Field(() => Float, {
    nullable: true,
    description: "The mean of the persona's users; null while differential privacy withholds it.",
  })
  persona!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The mean of all users; null while differential privacy withholds it.',
  })
  everybody!: number | null;
}

@ObjectType('PersonaEvidence', {
  simpleResolvers: true,
  description: 'How much behaviour there is to tell a persona from.',
})
export class PersonaEvidenceType {
  @Field(() => Int, {
    description: 'Signals given so far: events other than impressions, without thumbs that were taken back.',
  })
  have!: number;

  @Field(() => Int, {
    description: 'Signals it takes; with fewer there is no persona unless the user chose one.',
  })
  need!: number;
}

@ObjectType('DistinctiveFeature', {
  simpleResolvers: true,
  description: 'A feature that sets a persona apart.',
})
export class DistinctiveFeatureType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, {
    description:
      'How far the persona lies from the typical user, in robust standard deviations; negative is below.',
  })
  zScore!: number;
}

@ObjectType('Persona', {
  simpleResolvers: true,
  description: 'A group of users who behave alike, found by clustering.',
})
export class PersonaType {
  @Field(() => ID, { description: 'Stable across model versions.' })
  id!: string;

  @Field(() => String, { description: 'The name shown to people; an admin may change it.' })
  label!: string;

  @Field(() => String, { description: 'What its members have in common, in a sentence.' })
  description!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many users belong to it in the active model. Under differential privacy with noise, and null for a version of which nothing was published.',
  })
  size!: number | null | (() => Promise<number | null>);

  @Field(() => Float, {
    nullable: true,
    description: 'Its share of all users, 0 to 1; noisy or null as `size` is.',
  })
  share!: number | null | (() => Promise<number | null>);

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean silhouette of its members, -1 to 1: how clearly it stands apart. Null while differential privacy withholds it.',
  })
  silhouette!: number | null;

  @Field(() => [FeatureValueType], {
    description:
      'Its typical member: the mean of every feature. Empty while differential privacy withholds it.',
  })
  centroid!: FeatureValueType[] | (() => FeatureValueType[]);

  @Field(() => [DistinctiveFeatureType], {
    description: 'What sets it apart, strongest first. Empty while differential privacy withholds it.',
  })
  distinctive!: readonly DistinctiveFeatureType[];

  @Field(() => Boolean, {
    description:
      'True while differential privacy is on: `size` and `share` carry noise, the other figures are withheld.',
  })
  isWithheld!: boolean;
}

@ObjectType('PersonaAssignment', { simpleResolvers: true, description: 'The persona a user has now.' })
export class PersonaAssignmentType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null for a moment when the active model has just dropped it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, {
    description:
      'Probability that the user still has this persona after twice the signals, 0 to 1, calibrated on other users; 1 for a persona the user chose.',
  })
  confidence!: number;

  @Field(() => DateTime, { description: 'Since when the user has this persona.' })
  since!: number;

  @Field(() => Int, { description: 'The model version that assigned it.' })
  modelVersion!: number;

  @Field(() => Boolean, {
    description: 'True when the user chose it; behaviour does not move it until that is taken back.',
  })
  isChosen!: boolean;
}

@ObjectType('PersonaCorrected', {
  simpleResolvers: true,
  description: 'The correction is in effect.',
})
export class PersonaCorrectedType {
  @Field(() => PersonaAssignmentType, {
    nullable: true,
    description:
      'The persona the user has now; null when a choice was taken back and behaviour says too little.',
  })
  persona!: PersonaAssignmentType | null;
}

@ObjectType('PersonaRecord', { simpleResolvers: true, description: "One step in a user's persona timeline." })
export class PersonaRecordType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona, where the active model still has it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, { description: 'How sure the assignment was, 0 to 1.' })
  confidence!: number;

  @Field(() => Int, { description: 'The model version that assigned it.' })
  modelVersion!: number;

  @Field(() => DateTime, { description: 'When it was assigned.' })
  at!: number;

  @Field(() => PersonaCauseEnum, { description: 'What assigned it.' })
  cause!: PersonaCause;
}

@ObjectType('PersonaChange', { simpleResolvers: true, description: 'A user moved to another persona.' })
export class PersonaChangeType {
  @Field(() => ID, { description: 'The user who moved.' })
  userId!: string;

  @Field(() => PersonaAssignmentType, { nullable: true, description: 'The persona the user has now.' })
  persona!: PersonaAssignmentType | null;
}

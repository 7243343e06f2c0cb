/** Personas, their assignment to users, and its changes. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { PersonaCause } from '../../server/domain/index.js';
import { PersonaCauseEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('FeatureValue', { simpleResolvers: true, description: 'A behavioural feature and its value.' })
export class FeatureValueType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, { description: 'Its value in plain units: rates 0 to 1, times in seconds.' })
  value!: number;
}

@ObjectType('FeatureComparison', {
  simpleResolvers: true,
  description:
    'A behavioural feature of a user compared with means, in plain units: rates 0 to 1, times in seconds.',
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
  description: 'Amount of behaviour available for assigning a persona.',
})
export class PersonaEvidenceType {
  @Field(() => Int, {
    description: 'Signals so far: events except impressions, without thumbs that were taken back.',
  })
  have!: number;

  @Field(() => Int, {
    description: 'Signals required; with fewer there is no persona unless the user chose one.',
  })
  need!: number;
}

@ObjectType('DistinctiveFeature', {
  simpleResolvers: true,
  description: 'A feature that distinguishes a persona.',
})
class DistinctiveFeatureType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, {
    description:
      'Deviation of the persona from the typical user, in robust standard deviations; negative is below.',
  })
  zScore!: number;
}

@ObjectType('Persona', {
  simpleResolvers: true,
  description: 'A group of users with similar behaviour, found by clustering.',
})
export class PersonaType {
  @Field(() => ID, { description: 'Stable across model versions.' })
  id!: string;

  @Field(() => String, { description: 'Display name; an admin may change it.' })
  label!: string;

  @Field(() => String, { description: 'Description of its typical behaviour.' })
  description!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of its users in the active model. Noisy under differential privacy, and null for a version without published figures.',
  })
  size!: number | null | (() => Promise<number | null>);

  @Field(() => Float, {
    nullable: true,
    description: 'Its share of all users, 0 to 1; noisy or null like `size`.',
  })
  share!: number | null | (() => Promise<number | null>);

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean silhouette of its members, -1 to 1: separation from other clusters. Null while differential privacy withholds it.',
  })
  silhouette!: number | null;

  @Field(() => [FeatureValueType], {
    description: 'Mean of every feature over its members. Empty while differential privacy withholds it.',
  })
  centroid!: FeatureValueType[] | (() => FeatureValueType[]);

  @Field(() => [DistinctiveFeatureType], {
    description:
      'Its distinctive features, strongest first. Empty while differential privacy withholds them.',
  })
  distinctive!: readonly DistinctiveFeatureType[];

  @Field(() => Boolean, {
    description:
      'True while differential privacy is on: `size` and `share` contain noise, all remaining figures are withheld.',
  })
  isWithheld!: boolean;
}

@ObjectType('PersonaAssignment', { simpleResolvers: true, description: 'The current persona of a user.' })
export class PersonaAssignmentType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null briefly after the activation of a model without it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, {
    description:
      'Probability that the user keeps this persona after twice the signals, 0 to 1, calibrated on other users; 1 for a persona the user chose.',
  })
  confidence!: number;

  @Field(() => DateTime, { description: 'When the user got this persona.' })
  since!: number;

  @Field(() => Int, { description: 'The model version that assigned it.' })
  modelVersion!: number;

  @Field(() => Boolean, {
    description: 'True if the user chose it; behaviour does not change it until the choice is taken back.',
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
    description: 'The current persona; null if a choice was taken back and there are too few signals.',
  })
  persona!: PersonaAssignmentType | null;
}

@ObjectType('PersonaRecord', { simpleResolvers: true, description: "An entry of a user's persona timeline." })
export class PersonaRecordType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null if the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, { description: 'Confidence of the assignment, 0 to 1.' })
  confidence!: number;

  @Field(() => Int, { description: 'The model version that assigned it.' })
  modelVersion!: number;

  @Field(() => DateTime, { description: 'When it was assigned.' })
  at!: number;

  @Field(() => PersonaCauseEnum, { description: 'Cause of the assignment.' })
  cause!: PersonaCause;
}

@ObjectType('PersonaChange', { simpleResolvers: true, description: "A user's persona changed." })
export class PersonaChangeType {
  @Field(() => ID, { description: 'Pseudonym of the user.' })
  userId!: string;

  @Field(() => PersonaAssignmentType, { nullable: true, description: 'The new persona.' })
  persona!: PersonaAssignmentType | null;
}

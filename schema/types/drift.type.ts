/** How far today's users have moved away from a model version, and how personas moved from one version to another. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { PersonaChangeKind } from '../../server/domain/index.js';
import { PersonaChangeKindEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { PersonaType } from './persona.type.js';

@ObjectType('FeatureDrift', {
  simpleResolvers: true,
  description: 'How far the distribution of one behavioural feature has moved.',
})
export class FeatureDriftType {
  @Field(() => String, { description: 'The name of the feature.' })
  feature!: string;

  @Field(() => Float, {
    description:
      'Population stability index: 0 for the same distribution, by custom stable below 0.1 and drifted above 0.25.',
  })
  psi!: number;

  @Field(() => Boolean, { description: 'Whether it is above the threshold.' })
  isDrifting!: boolean;
}

@ObjectType('PersonaDrift', { simpleResolvers: true, description: 'How far one persona has moved.' })
export class PersonaDriftType {
  @Field(() => ID, { description: 'The id of the persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => Float, {
    description: 'How far the mean of its members has moved, in typical distances of a user from a centroid.',
  })
  centroidShift!: number;

  @Field(() => Float, { description: 'Its share of all users now, 0 to 1.' })
  share!: number;

  @Field(() => Float, { description: 'Its share when the version was trained, 0 to 1.' })
  previousShare!: number;

  @Field(() => Float, { description: 'The difference of the two, -1 to 1.' })
  shareShift!: number;

  @Field(() => Boolean, { description: 'Whether either shift is above its threshold.' })
  isDrifting!: boolean;
}

@ObjectType('DriftReport', {
  simpleResolvers: true,
  description: 'How far users have moved from those a model version was trained on.',
})
export class DriftReportType {
  @Field(() => Int, { description: 'The version it is measured against.' })
  modelVersion!: number;

  @Field(() => DateTime, { description: 'When it was measured.' })
  measuredAt!: number;

  @Field(() => Int, { nullable: true, description: 'How many users were measured; null where `isWithheld`.' })
  nUsers!: number | null;

  @Field(() => Boolean, { description: 'Whether anything is above its threshold.' })
  isDrifting!: boolean;

  @Field(() => [FeatureDriftType], {
    description: 'Every feature, the furthest moved first; empty where `isWithheld`.',
  })
  features!: readonly FeatureDriftType[];

  @Field(() => [PersonaDriftType], {
    description: 'Every persona of the version; empty where `isWithheld`.',
  })
  personas!: PersonaDriftType[];

  @Field(() => Float, { description: 'The index above which a feature counts as drifting.' })
  psiThreshold!: number;

  @Field(() => Float, { description: 'The centroid shift above which a persona counts as drifting.' })
  centroidThreshold!: number;

  @Field(() => Float, { description: 'The change of share above which a persona counts as drifting.' })
  shareThreshold!: number;

  @Field(() => Boolean, {
    description: 'True while differential privacy is on, which leaves only whether anything is drifting.',
  })
  isWithheld!: boolean;
}

@ObjectType('PersonaTransition', {
  simpleResolvers: true,
  description: 'How many users went from one persona to another.',
})
export class PersonaTransitionType {
  @Field(() => ID, { description: 'The persona in the earlier version.' })
  fromPersonaId!: string;

  @Field(() => String, { description: 'What the earlier version calls it.' })
  fromLabel!: string;

  @Field(() => ID, { description: 'The persona in the later version.' })
  toPersonaId!: string;

  @Field(() => String, { description: 'What the later version calls it.' })
  toLabel!: string;

  @Field(() => Int, { description: 'How many users.' })
  count!: number;
}

@ObjectType('PersonaChangeEvent', {
  simpleResolvers: true,
  description: 'What became of personas from one version to another.',
})
export class PersonaChangeEventType {
  @Field(() => PersonaChangeKindEnum, { description: 'What happened.' })
  kind!: PersonaChangeKind;

  @Field(() => [ID], { description: 'The personas concerned, those of the earlier version first.' })
  personaIds!: string[];

  @Field(() => [String], { description: 'Their names, in the same order.' })
  labels!: string[];

  @Field(() => [ID], { description: 'Those of the earlier version; none for a birth.' })
  fromPersonaIds!: readonly string[];

  @Field(() => [ID], { description: 'Those of the later version; none for a death.' })
  toPersonaIds!: readonly string[];
}

@ObjectType('PersonaEvolution', {
  simpleResolvers: true,
  description: 'How users and personas moved from one model version to another.',
})
export class PersonaEvolutionType {
  @Field(() => Int, { description: 'The earlier version.' })
  fromVersion!: number;

  @Field(() => Int, { description: 'The later version.' })
  toVersion!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Users with a persona in both; null where `isWithheld`.',
  })
  nUsers!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many of them have another persona now; null where `isWithheld`.',
  })
  nMoved!: number | null;

  @Field(() => [PersonaTransitionType], {
    description: 'The transition matrix without its zeros, largest count first; empty where `isWithheld`.',
  })
  transitions!: PersonaTransitionType[];

  @Field(() => [PersonaChangeEventType], {
    description: 'Births, deaths, splits, merges, and what stayed; empty where `isWithheld`.',
  })
  changes!: PersonaChangeEventType[];

  @Field(() => Boolean, {
    description: 'True while differential privacy is on, which withholds how users moved.',
  })
  isWithheld!: boolean;
}

/** Model versions, with the evidence for them, and what activating one can end in. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { ModelStatus, ModelVersion } from '../../server/domain/index.js';
import { EventTypeEnum, ModelStatusEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { PersonaCorrectedType, PersonaType } from './persona.type.js';

@ObjectType('ClusterEvidence', {
  simpleResolvers: true,
  description: 'What speaks for and against one number of personas.',
})
export class ClusterEvidenceType {
  @Field(() => Int, { description: 'The number of clusters tried.' })
  k!: number;

  @Field(() => Float, { description: 'Sum of squared distances of all users to their centroids.' })
  inertia!: number;

  @Field(() => Float, { description: 'Mean silhouette of all users, -1 to 1; higher is better.' })
  silhouette!: number;

  @Field(() => Float, {
    description:
      'Distance of this point of the inertia curve to its chord, 0 to 1; the largest is the elbow.',
  })
  elbow!: number;
}

@ObjectType('Metric', {
  simpleResolvers: true,
  description: 'A measured quality with its bootstrap 95 % interval.',
})
export class MetricType {
  @Field(() => String, { description: 'Its name, such as "precision@5".' })
  name!: string;

  @Field(() => Float, { description: 'The measured value.' })
  value!: number;

  @Field(() => Float, { description: 'Lower end of the interval.' })
  low!: number;

  @Field(() => Float, { description: 'Upper end of the interval.' })
  high!: number;
}

@ObjectType('NamedNumber', { simpleResolvers: true, description: 'A number with its name.' })
export class NamedNumberType {
  @Field(() => String, { description: 'The name.' })
  name!: string;

  @Field(() => Float, { description: 'The number.' })
  value!: number;
}

@ObjectType('TrainingData', {
  simpleResolvers: true,
  description: 'How much a model version was trained on.',
})
export class TrainingDataType {
  @Field(() => Int, { nullable: true, description: 'Users; null while differential privacy withholds it.' })
  nUsers!: number | null;

  @Field(() => Int, { description: 'Items.' })
  nItems!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Pairs of a user and an item with any dealing; null while differential privacy withholds it.',
  })
  nInteractions!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Recorded events; null while differential privacy withholds it.',
  })
  nEvents!: number | null;
}

@ObjectType('MetricComparison', {
  simpleResolvers: true,
  description:
    'One quality of a new version beside the version that served before, on the same held-out likes.',
})
export class MetricComparisonType {
  @Field(() => String, { description: 'The name of the metric.' })
  name!: string;

  @Field(() => Float, { description: 'The new version.' })
  value!: number;

  @Field(() => Float, { description: 'The version that served before.' })
  activeValue!: number;

  @Field(() => Float, { description: 'The first less the second.' })
  difference!: number;

  @Field(() => Float, { description: 'Lower end of the paired bootstrap 95 % interval of the difference.' })
  differenceLow!: number;

  @Field(() => Float, { description: 'Upper end of it.' })
  differenceHigh!: number;

  @Field(() => Boolean, { description: 'Worse beyond the tolerance, and by more than chance.' })
  isWorse!: boolean;
}

@ObjectType('ModelVersion', {
  simpleResolvers: true,
  description: 'A trained model: numbered and never changed once it is ready.',
})
export class ModelVersionType {
  @Field(() => Int, { description: 'Its number; later versions have higher ones.' })
  version!: number;

  @Field(() => ModelStatusEnum, { description: 'Where it stands.' })
  status!: ModelStatus;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it last became active; null when it never did.',
  })
  activatedAt!: number | null;

  @Field(() => Int, { nullable: true, description: 'The version that was active when it was trained.' })
  parentVersion!: number | null;

  @Field(() => Int, { description: 'How many personas it found.' })
  k!: number;

  @Field(() => [ClusterEvidenceType], { description: 'Why that many: the evidence for every number tried.' })
  evidence!: readonly ClusterEvidenceType[];

  @Field(() => [PersonaType], { description: 'Its personas.' })
  personas!: PersonaType[] | (() => PersonaType[]);

  @Field(() => [MetricType], {
    description: 'How good it was on held-out data; without rankings where nothing could be held out.',
  })
  metrics!: MetricType[] | (() => MetricType[]);

  @Field(() => EventTypeEnum, {
    nullable: true,
    description:
      'The events that were held out and had to be predicted: likes, or the strongest there are; null where nothing could be held out.',
  })
  judgedBy!: ModelVersion['judgedBy'];

  @Field(() => [NamedNumberType], { description: 'The settings it was trained with.' })
  hyperParameters!: NamedNumberType[] | (() => NamedNumberType[]);

  @Field(() => TrainingDataType, { description: 'How much it was trained on.' })
  trainingData!: TrainingDataType;

  @Field(() => [NamedNumberType], {
    description: 'How long each part of the training took, in milliseconds.',
  })
  timingsMs!: NamedNumberType[] | (() => NamedNumberType[]);

  @Field(() => Boolean, {
    description: 'Whether `activateModel` would accept it: complete, and not active already.',
  })
  isActivatable!: boolean;

  @Field(() => [MetricComparisonType], {
    description: 'Against the version that was active when it was trained; empty where there was none.',
  })
  comparison!: MetricComparisonType[] | (() => MetricComparisonType[]);

  @Field(() => String, {
    nullable: true,
    description: 'What it was compared with, in words; null where there was nothing.',
  })
  comparisonBasis!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it was held back; null otherwise.' })
  reason!: string | null;

  @Field(() => Boolean, {
    description:
      'True while differential privacy is on: evidence, metrics, comparison, reason and the counts of the training data are null or empty.',
  })
  isWithheld!: boolean;
}

@ObjectType('ModelActivated', { simpleResolvers: true, description: 'The version serves now.' })
export class ModelActivatedType {
  @Field(() => ModelVersionType, { description: 'The version that is active now.' })
  model!: ModelVersionType;
}

@ObjectType('ActivationRefused', {
  simpleResolvers: true,
  description: 'Refused: the version before still serves.',
})
export class ActivationRefusedType {
  @Field(() => Int, { description: 'The version that was asked for.' })
  version!: number;

  @Field(() => String, { description: 'A stable code: MODEL_NOT_FOUND, CORRUPT_MODEL.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  message!: string;
}

export const ActivateModelResult = createUnionType({
  name: 'ActivateModelResult',
  description: 'What became of an activation.',
  types: () => [ModelActivatedType, ActivationRefusedType] as const,
  resolveType: (value) => ('model' in value ? ModelActivatedType : ActivationRefusedType),
});

@ObjectType('PersonaRenamed', { simpleResolvers: true, description: 'The persona has its new label.' })
export class PersonaRenamedType {
  @Field(() => PersonaType, { description: 'The persona with its new label.' })
  persona!: PersonaType;
}

@ObjectType('UnknownPersona', {
  simpleResolvers: true,
  description: 'Refused: the active model has no such persona.',
})
export class UnknownPersonaType {
  @Field(() => ID, { description: 'The id that was sent.' })
  personaId!: string;

  @Field(() => String, { description: 'What is wrong, in a sentence.' })
  message!: string;
}

export const CorrectPersonaResult = createUnionType({
  name: 'CorrectPersonaResult',
  description: 'What became of a correction.',
  types: () => [PersonaCorrectedType, UnknownPersonaType] as const,
  resolveType: (value) => ('persona' in value ? PersonaCorrectedType : UnknownPersonaType),
});

export const RenamePersonaResult = createUnionType({
  name: 'RenamePersonaResult',
  description: 'What became of a renaming.',
  types: () => [PersonaRenamedType, UnknownPersonaType] as const,
  resolveType: (value) => ('persona' in value ? PersonaRenamedType : UnknownPersonaType),
});

/** Model versions with their evidence, and the results of activation, correction and renaming. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { ModelStatus, ModelVersion } from '../../server/domain/index.js';
import { EventTypeEnum, ModelStatusEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { PersonaCorrectedType, PersonaType } from './persona.type.js';

@ObjectType('ClusterEvidence', {
  simpleResolvers: true,
  description: 'Evidence for a candidate number of personas.',
})
class ClusterEvidenceType {
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
  description: 'A metric with its bootstrap 95 % interval.',
})
class MetricType {
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
  description: 'Size of the training data of a model version.',
})
class TrainingDataType {
  @Field(() => Int, { nullable: true, description: 'Users; null while differential privacy withholds it.' })
  nUsers!: number | null;

  @Field(() => Int, { description: 'Items.' })
  nItems!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Pairs of a user and an item with an interaction; null while differential privacy withholds it.',
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
    'A metric of a new version compared with the version active at training, on the same held-out events.',
})
class MetricComparisonType {
  @Field(() => String, { description: 'The name of the metric.' })
  name!: string;

  @Field(() => Float, { description: 'Value of the new version.' })
  value!: number;

  @Field(() => Float, { description: 'Value of the version active at training.' })
  activeValue!: number;

  @Field(() => Float, { description: '`value` minus `activeValue`.' })
  difference!: number;

  @Field(() => Float, { description: 'Lower end of the paired bootstrap 95 % interval of the difference.' })
  differenceLow!: number;

  @Field(() => Float, { description: 'Upper end of the same interval.' })
  differenceHigh!: number;

  @Field(() => Boolean, { description: 'True if worse by more than the tolerance, and significantly so.' })
  isWorse!: boolean;
}

@ObjectType('TrainingPrivacy', {
  simpleResolvers: true,
  description: "The guarantee of differential privacy for each user's part in the recommender of a version.",
})
class TrainingPrivacyType {
  @Field(() => Float, { description: 'Epsilon of this version; every version spends it anew.' })
  epsilon!: number;

  @Field(() => Float, { description: 'Delta.' })
  delta!: number;
}

@ObjectType('ModelVersion', {
  simpleResolvers: true,
  description: 'A trained model: numbered, and immutable once ready.',
})
export class ModelVersionType {
  @Field(() => Int, { description: 'Its number; later versions have higher numbers.' })
  version!: number;

  @Field(() => ModelStatusEnum, { description: 'Its status.' })
  status!: ModelStatus;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Latest activation; null if never active.',
  })
  activatedAt!: number | null;

  @Field(() => Int, { nullable: true, description: 'The version that was active when it was trained.' })
  parentVersion!: number | null;

  @Field(() => Int, { description: 'Number of personas.' })
  k!: number;

  @Field(() => TrainingPrivacyType, {
    nullable: true,
    description: 'Null for a version that was trained without noise.',
  })
  trainingPrivacy!: TrainingPrivacyType | null;

  @Field(() => [ClusterEvidenceType], { description: 'Evidence for every candidate number of personas.' })
  evidence!: readonly ClusterEvidenceType[];

  @Field(() => [PersonaType], { description: 'Its personas.' })
  personas!: PersonaType[] | (() => PersonaType[]);

  @Field(() => [MetricType], {
    description: 'Metrics on held-out data; without ranking metrics if nothing could be held out.',
  })
  metrics!: MetricType[] | (() => MetricType[]);

  @Field(() => EventTypeEnum, {
    nullable: true,
    description:
      'Type of the events held out for evaluation: likes, or the strongest type available; null if nothing could be held out.',
  })
  judgedBy!: ModelVersion['judgedBy'];

  @Field(() => [NamedNumberType], { description: 'Hyperparameters of the training.' })
  hyperParameters!: NamedNumberType[] | (() => NamedNumberType[]);

  @Field(() => TrainingDataType, { description: 'Size of the training data.' })
  trainingData!: TrainingDataType;

  @Field(() => [NamedNumberType], {
    description: 'Duration of each part of the training, in milliseconds.',
  })
  timingsMs!: NamedNumberType[] | (() => NamedNumberType[]);

  @Field(() => Boolean, {
    description: 'Whether `activateModel` accepts it: complete, and not already active.',
  })
  isActivatable!: boolean;

  @Field(() => [MetricComparisonType], {
    description: 'Comparison with the version active at training; empty without an active version.',
  })
  comparison!: MetricComparisonType[] | (() => MetricComparisonType[]);

  @Field(() => String, {
    nullable: true,
    description: 'Basis of the comparison, in words; null without a comparison.',
  })
  comparisonBasis!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it was held back; else null.' })
  reason!: string | null;

  @Field(() => Boolean, {
    description:
      'True while differential privacy is on: evidence, metrics, comparison, reason and the counts of the training data are null or empty.',
  })
  isWithheld!: boolean;
}

@ObjectType('ModelActivated', { simpleResolvers: true, description: 'The version is active.' })
export class ModelActivatedType {
  @Field(() => ModelVersionType, { description: 'The active version.' })
  model!: ModelVersionType;
}

@ObjectType('ActivationRefused', {
  simpleResolvers: true,
  description: 'Refused: the previous version stays active.',
})
export class ActivationRefusedType {
  @Field(() => Int, { description: 'The requested version.' })
  version!: number;

  @Field(() => String, { description: 'A stable code: MODEL_NOT_FOUND or CORRUPT_MODEL.' })
  code!: string;

  @Field(() => String, { description: 'Reason for the refusal.' })
  message!: string;
}

export const ActivateModelResult = createUnionType({
  name: 'ActivateModelResult',
  description: 'Result of activateModel.',
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
  @Field(() => ID, { description: 'The requested id.' })
  personaId!: string;

  @Field(() => String, { description: 'Error message.' })
  message!: string;
}

export const CorrectPersonaResult = createUnionType({
  name: 'CorrectPersonaResult',
  description: 'Result of correctPersona.',
  types: () => [PersonaCorrectedType, UnknownPersonaType] as const,
  resolveType: (value) => ('persona' in value ? PersonaCorrectedType : UnknownPersonaType),
});

export const RenamePersonaResult = createUnionType({
  name: 'RenamePersonaResult',
  description: 'Result of renamePersona.',
  types: () => [PersonaRenamedType, UnknownPersonaType] as const,
  resolveType: (value) => ('persona' in value ? PersonaRenamedType : UnknownPersonaType),
});

/** A model version: immutable once ready. */

import type { EventType } from './event.js';
import type { Persona } from './persona.js';

export const MODEL_STATUSES = ['building', 'ready', 'candidate', 'active', 'retired', 'failed'] as const;
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/** Whether a version is complete and not already active. */
export function isActivatable(status: ModelStatus): boolean {
  return status === 'ready' || status === 'candidate' || status === 'retired';
}

/** Evidence for a candidate number of clusters. */
export interface ClusterEvidence {
  readonly k: number;
  readonly inertia: number;
  readonly silhouette: number;
  /** Distance of this point of the inertia curve to its chord, 0..1. */
  readonly elbow: number;
}

/** A metric with its bootstrap 95 % interval. */
export interface MetricValue {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A metric of a new version and of the active version, on the same held-out events. */
export interface MetricComparison {
  readonly name: string;
  readonly value: number;
  readonly activeValue: number;
  /** `value - activeValue`, with the paired bootstrap 95 % interval over users. */
  readonly difference: MetricValue;
  /** Worse than the active version by more than the tolerance, and significantly so. */
  readonly isWorse: boolean;
}

/** The guarantee of differential privacy for each user's part in the recommender of a version. */
export interface TrainingPrivacy {
  readonly epsilon: number;
  readonly delta: number;
}

export interface ModelVersion {
  readonly version: number;
  readonly status: ModelStatus;
  readonly createdAt: number;
  /** Time of the training data: no later event was learned from. */
  readonly trainedAt: number;
  readonly activatedAt: number | null;
  /** Sequence number of its latest activation among all activations, from 1; 0 before any. Part of a list's revision. */
  readonly activation: number;
  readonly parentVersion: number | null;
  /** When re-assignment of all users finished after its latest activation; null until then. */
  readonly reassignedAt: number | null;
  readonly k: number;
  readonly evidence: readonly ClusterEvidence[];
  readonly personas: readonly Persona[];
  /** By metric name, e.g. "precision@5"; without ranking metrics if nothing could be held out. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Type of the events held out for evaluation; null if nothing could be held out. */
  readonly judgedBy: Extract<EventType, 'like' | 'purchase' | 'cart' | 'click' | 'view'> | null;
  readonly hyperParameters: Readonly<Record<string, number>>;
  /** Null for a version that was trained without noise. */
  readonly trainingPrivacy: TrainingPrivacy | null;
  readonly dataset: {
    readonly nUsers: number;
    readonly nItems: number;
    readonly nInteractions: number;
    readonly nEvents: number;
  };
  readonly timingsMs: Readonly<Record<string, number>>;
  /** Comparison with the version that was active at training; empty without an active version. */
  readonly comparison: readonly MetricComparison[];
  /** The basis of the comparison, in words; null without a comparison. */
  readonly comparisonBasis: string | null;
  /** Why a candidate was not activated; else null. */
  readonly reason: string | null;
}

export const TRAINING_STAGES = [
  'load',
  'features',
  'personas',
  'fit',
  'evaluate',
  'publish',
  'reassign',
] as const;
export type TrainingStage = (typeof TRAINING_STAGES)[number];

export const RUN_STATES = ['running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** A run of a job. */
/** The job of a training run. */
export const RETRAIN_JOB = 'retrain';

export interface TrainingRun {
  readonly runId: string;
  readonly job: string;
  readonly state: RunState;
  readonly stage: TrainingStage;
  /** Of the whole run, 0..1. */
  readonly progress: number;
  /** Estimated milliseconds left; null when not yet known. */
  readonly remainingMs: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly error: string | null;
  /** The instance that runs it. */
  readonly host: string;
  readonly modelVersion: number | null;
  readonly trigger: 'schedule' | 'admin' | 'command' | 'startup' | 'drift';
}

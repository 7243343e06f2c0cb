/** A model version: immutable once ready. */

import type { EventType } from './event.js';
import type { Persona } from './persona.js';

export const MODEL_STATUSES = ['building', 'ready', 'candidate', 'active', 'retired', 'failed'] as const;
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/** Complete, and not the one that serves. */
export function isActivatable(status: ModelStatus): boolean {
  return status === 'ready' || status === 'candidate' || status === 'retired';
}

/** Evidence for one candidate number of clusters. */
export interface ClusterEvidence {
  readonly k: number;
  readonly inertia: number;
  readonly silhouette: number;
  /** Distance of this point of the inertia curve to its chord, 0..1. */
  readonly elbow: number;
}

/** One metric with its bootstrap 95 % interval. */
export interface MetricValue {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One metric of a new version beside the version that served before, on the same held-out likes. */
export interface MetricComparison {
  readonly name: string;
  readonly value: number;
  readonly activeValue: number;
  /** `value - activeValue`, with the paired bootstrap 95 % interval over users. */
  readonly difference: MetricValue;
  /** Beyond the tolerance and more than chance. */
  readonly isWorse: boolean;
}

export interface ModelVersion {
  readonly version: number;
  readonly status: ModelStatus;
  readonly createdAt: number;
  /** It has learned from nothing later. */
  readonly trainedAt: number;
  readonly activatedAt: number | null;
  /** Which activation of all there were its last one was, from 1; 0 before any. Lists take their revision from it. */
  readonly activation: number;
  readonly parentVersion: number | null;
  /** When everybody had a persona under it since its last activation; null while that is outstanding. */
  readonly reassignedAt: number | null;
  readonly k: number;
  readonly evidence: readonly ClusterEvidence[];
  readonly personas: readonly Persona[];
  /** By metric name, e.g. "precision@5"; without those of rankings where nothing could be held out. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** The events that were held out to judge it by; null where nothing could be held out. */
  readonly judgedBy: Extract<EventType, 'like' | 'purchase' | 'cart' | 'click' | 'view'> | null;
  readonly hyperParameters: Readonly<Record<string, number>>;
  readonly dataset: {
    readonly nUsers: number;
    readonly nItems: number;
    readonly nInteractions: number;
    readonly nEvents: number;
  };
  readonly timingsMs: Readonly<Record<string, number>>;
  /** Against the version that was active when it was trained; empty where there was none. */
  readonly comparison: readonly MetricComparison[];
  /** What it was compared with, in words; null where there was nothing. */
  readonly comparisonBasis: string | null;
  /** Why a candidate was not activated; null otherwise. */
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

/** One run of a job. */
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

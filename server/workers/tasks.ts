/**
 * Tasks that run in a thread: pure functions of their input.
 */

import type { Drift, PackedPersonas } from '../learning/index.js';
import { measureDrift, unpackPersonas } from '../learning/index.js';

import type { TrainingInput, TrainingProgress, TrainingResult } from '../training/index.js';
import { runTrainingTask, transferablesOf } from '../training/index.js';

export interface DriftInput {
  /** The version that drift is measured against. */
  readonly personas: PackedPersonas;
  /** Float64Array, row-major [nUsers, nFeatures]. */
  readonly features: Float64Array;
}

export type TaskRequest =
  | { readonly task: 'train'; readonly input: TrainingInput }
  | { readonly task: 'drift'; readonly input: DriftInput };

/** `transfer`: buffers of the result that may be transferred between threads instead of copied. */
export function runTask(
  request: TaskRequest,
  onProgress: TrainingProgress,
): { result: TrainingResult | Drift; transfer: ArrayBuffer[] } {
  if (request.task === 'drift') {
    const { personas, features } = request.input;
    return { result: measureDrift(unpackPersonas(personas), features), transfer: [] };
  }
  const result = runTrainingTask(request.input, onProgress);
  return { result, transfer: transferablesOf(result) };
}

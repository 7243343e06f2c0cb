/**
 * Tasks that run in a thread: pure functions of their input.
 */

import type { Drift, ItemSide, KernelThreads, PackedPersonas } from '../learning/index.js';
import { measureDrift, packItemSide, unpackPersonas } from '../learning/index.js';

import type { TrainingCluster, TrainingInput, TrainingProgress, TrainingResult } from '../training/index.js';
import { runTrainingTask, transferablesOf } from '../training/index.js';

export interface DriftInput {
  /** The version that drift is measured against. */
  readonly personas: PackedPersonas;
  /** Float64Array, row-major [nUsers, nFeatures]. */
  readonly features: Float64Array;
}

export type TaskRequest =
  | { readonly task: 'train'; readonly input: TrainingInput }
  | { readonly task: 'drift'; readonly input: DriftInput }
  | { readonly task: 'pack'; readonly input: ItemSide };

/** `transfer`: buffers of the result that may be transferred between threads instead of copied. */
export function runTask(
  request: TaskRequest,
  options: {
    readonly onProgress: TrainingProgress;
    readonly threads?: KernelThreads;
    readonly cluster?: TrainingCluster;
  },
): { result: TrainingResult | Drift | Uint8Array<ArrayBuffer>; transfer: ArrayBuffer[] } {
  if (request.task === 'drift') {
    const { personas, features } = request.input;
    return { result: measureDrift(unpackPersonas(personas), features), transfer: [] };
  }
  if (request.task === 'pack') {
    const result = packItemSide(request.input);
    return { result, transfer: [result.buffer] };
  }
  const result = runTrainingTask(request.input, options);
  return { result, transfer: transferablesOf(result) };
}

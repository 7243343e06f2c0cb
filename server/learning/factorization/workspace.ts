/** The arrays of a model in the memory of the kernels, made at its first use and kept as long as the model. */
import { createKernels } from '../kernels/index.js';

import type { Kernels } from '../kernels/index.js';
import type { RecommenderModel } from './model.js';

/** A model's arrays in kernel memory. */
export interface Workspace {
  readonly kernels: Kernels;
  readonly itemEmbeddings: Float32Array;
  readonly ridge: Float32Array;
  readonly personaPriors: Float32Array;
  /** Float32Array [nItems] each: scratch of scores.ts. */
  readonly related: Float32Array;
  readonly repelled: Float32Array;
  readonly scores: Float32Array;
  /** Int32Array [nItems]: 0, 1, 2, ... */
  readonly allItems: Int32Array;
  /** Uint8Array [nItems], scratch: 0 between calls. */
  readonly isMarked: Uint8Array;
  /** Uint8Array [nComponents]: 1 for the directions of largest variance among items. */
  readonly isPrincipal: Uint8Array;
}

/** Number of principal directions, which describe broad taste rather than single items. */
const N_PRINCIPAL = 16;

const workspaces = new WeakMap<RecommenderModel, Workspace>();

export function workspaceOf(model: RecommenderModel): Workspace {
  let workspace = workspaces.get(model);
  if (workspace === undefined) {
    const kernels = createKernels();
    const { arena } = kernels;
    workspace = {
      kernels,
      itemEmbeddings: arena.copyFloat32(model.itemEmbeddings),
      ridge: arena.copyFloat32(model.ridge),
      personaPriors: arena.copyFloat32(model.personaPriors),
      related: new Float32Array(model.nItems),
      repelled: new Float32Array(model.nItems),
      scores: new Float32Array(model.nItems),
      allItems: Int32Array.from({ length: model.nItems }, (_, item) => item),
      isMarked: new Uint8Array(model.nItems),
      isPrincipal: principalDirections(model.ridge),
    };
    workspaces.set(model, workspace);
  }
  return workspace;
}

/** The directions of the largest eigenvalues. */
function principalDirections(ridge: Float32Array): Uint8Array {
  const isPrincipal = new Uint8Array(ridge.length);
  const byEigenvalue = Array.from(ridge.keys()).sort((a, b) => ridge[b] - ridge[a] || a - b);
  for (const f of byEigenvalue.slice(0, N_PRINCIPAL)) isPrincipal[f] = 1;
  return isPrincipal;
}

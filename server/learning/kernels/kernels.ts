/**
 * The hot loops of learning, in WebAssembly with SIMD where it can be had and in plain TypeScript elsewhere.
 *
 * Every array given to a kernel comes from its own `arena`. Matrices are row-major float32; the number of columns
 * `nComponents` is a multiple of eight. Kernels do not check their arguments.
 */
import { createTypeScriptKernels } from './twins/index.js';
import { createWebAssemblyKernels, isWebAssemblyUsable } from './web-assembly.js';

import type { Kernels } from './types.js';

/** Kernels with a fresh arena. `backend` forces one of the two; default: WebAssembly where it works. */
export function createKernels(backend?: Kernels['backend']): Kernels {
  const chosen = backend ?? (isWebAssemblyUsable() ? 'webassembly' : 'typescript');
  return chosen === 'webassembly' ? createWebAssemblyKernels() : createTypeScriptKernels();
}

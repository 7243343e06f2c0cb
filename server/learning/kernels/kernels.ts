/**
 * The hot loops of learning, in WebAssembly with SIMD if available, otherwise in plain TypeScript.
 *
 * Every array passed to a kernel must come from its own `arena`. Matrices are row-major float32; the number of columns
 * `nComponents` is a multiple of eight. Kernels do not check their arguments.
 */
import { createTypeScriptKernels } from './twins/index.js';
import { createWebAssemblyKernels, isWebAssemblyUsable } from './web-assembly.js';

import type { Kernels } from './types.js';

/** Kernels with a fresh arena. `backend` forces a backend; default: WebAssembly if available. */
export function createKernels(backend?: Kernels['backend']): Kernels {
  const chosen = backend ?? (isWebAssemblyUsable() ? 'webassembly' : 'typescript');
  return chosen === 'webassembly' ? createWebAssemblyKernels() : createTypeScriptKernels();
}

/**
 * The hot loops of learning, in WebAssembly with SIMD if available, otherwise in plain TypeScript.
 *
 * Every array passed to a kernel must come from its own `arena`. Matrices are row-major float32; the number of columns
 * `nComponents` is a multiple of eight. Kernels do not check their arguments.
 */
import { createTypeScriptKernels } from './twins/index.js';
import { createWebAssemblyKernels, isWebAssemblyUsable } from './web-assembly.js';

import type { Kernels, KernelThreads } from './types.js';

interface KernelOptions {
  /** Forces a backend; default: WebAssembly if available. */
  readonly backend?: Kernels['backend'];
  /** Threads for the WebAssembly backend; default: the calling thread alone. */
  readonly threads?: KernelThreads;
}

/** Kernels with a fresh arena. */
export function createKernels({ backend, threads }: KernelOptions = {}): Kernels {
  const chosen = backend ?? (isWebAssemblyUsable() ? 'webassembly' : 'typescript');
  return chosen === 'webassembly' ? createWebAssemblyKernels(threads) : createTypeScriptKernels();
}

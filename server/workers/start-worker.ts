/** Starts threads, from the build or from source. */
import type { WorkerOptions } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

/** Starts `NAME.worker`. From source, a thread registers the TypeScript loader first; threads do not inherit loaders. */
export function startWorker(name: 'training' | 'kernel', options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL(`./${name}.worker.js`, import.meta.url), options);
  const entry = JSON.stringify(new URL(`./${name}.worker.ts`, import.meta.url).href);
  const source = `import('tsx/esm/api').then(({ register }) => (register(), import(${entry})));`;
  return new Worker(source, { ...options, eval: true });
}

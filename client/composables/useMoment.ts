/** A timer as a ref: true from `start` until `lengthMs` after the latest `start`, or until `stop`. */

import { onScopeDispose, readonly, ref, type Ref } from 'vue';

export interface Moment {
  readonly isRunning: Readonly<Ref<boolean>>;
  /** Starts it, or starts it anew. */
  start(): void;
  stop(): void;
}

export function useMoment(lengthMs: number): Moment {
  const isRunning = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function stop(): void {
    clearTimeout(timer);
    isRunning.value = false;
  }
  onScopeDispose(stop);
  return {
    isRunning: readonly(isRunning),
    start() {
      clearTimeout(timer);
      isRunning.value = true;
      timer = setTimeout(stop, lengthMs);
    },
    stop,
  };
}

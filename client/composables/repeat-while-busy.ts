/** Repeats a request while it fails as `busy`, with growing pauses. */

import { onScopeDispose, watch, type Ref } from 'vue';

import { backoffMs } from '../sdk/backoff.js';
import type { Failure } from './failure.js';

export function repeatWhileBusy(
  failure: Readonly<Ref<Failure | null>>,
  isLoading: Readonly<Ref<boolean>>,
  repeat: () => void,
): void {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch([failure, isLoading], () => {
    clearTimeout(timer);
    if (isLoading.value) return;
    if (failure.value?.kind === 'busy') timer = setTimeout(repeat, backoffMs(attempt++));
    else attempt = 0;
  });
  onScopeDispose(() => clearTimeout(timer));
}

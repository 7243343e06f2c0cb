/** True while the pointer is on an element: a hovering mouse, or a touching finger or pen. */

import { onScopeDispose, readonly, ref, toValue, watch, type MaybeRefOrGetter, type Ref } from 'vue';

export function usePointerHold(target: MaybeRefOrGetter<HTMLElement | null>): Readonly<Ref<boolean>> {
  const isHeld = ref(false);
  const hold = () => (isHeld.value = true);
  const release = () => (isHeld.value = false);
  // A lifted finger no longer hovers; a mouse hovers until it leaves.
  const lift = ({ pointerType }: PointerEvent) => {
    if (pointerType !== 'mouse') release();
  };

  let stop = () => {};
  watch(
    () => toValue(target),
    (element) => {
      stop();
      release();
      if (element === null) return;
      element.addEventListener('pointerenter', hold);
      element.addEventListener('pointerdown', hold);
      element.addEventListener('pointerleave', release);
      element.addEventListener('pointercancel', release);
      element.addEventListener('pointerup', lift);
      stop = () => {
        element.removeEventListener('pointerenter', hold);
        element.removeEventListener('pointerdown', hold);
        element.removeEventListener('pointerleave', release);
        element.removeEventListener('pointercancel', release);
        element.removeEventListener('pointerup', lift);
      };
    },
    { immediate: true, flush: 'post' },
  );
  onScopeDispose(() => stop());
  return readonly(isHeld);
}

/** Whether the viewer may change anything: with the role VIEWER, controls that change something are left out. */

import { inject, provide, ref, type InjectionKey, type Ref } from 'vue';

const mayChangeKey: InjectionKey<Readonly<Ref<boolean>>> = Symbol('mayChange');

/** For the frame of the admin pages. */
export function provideMayChange(mayChange: Readonly<Ref<boolean>>): void {
  provide(mayChangeKey, mayChange);
}

/** True outside the admin pages: users may change what is theirs. */
export function useMayChange(): Readonly<Ref<boolean>> {
  return inject(mayChangeKey, () => ref(true), true);
}

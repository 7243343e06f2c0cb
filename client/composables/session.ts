/** The session: a token, stored until the tab is closed. */

import { inject, readonly, ref, type InjectionKey, type Ref } from 'vue';

const STORAGE_KEY = 'smartpersona.token';

/** Why the last session ended, if the user did not sign out. */
export type SessionEnd = 'expired' | 'erased';

export interface Session {
  readonly token: Readonly<Ref<string | null>>;
  /** Null after a sign-out by the user, and after the next sign-in. */
  readonly endedBy: Readonly<Ref<SessionEnd | null>>;
  signIn(token: string): void;
  signOut(reason?: SessionEnd): void;
}

export const sessionKey: InjectionKey<Session> = Symbol('session');

export function createSession(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Session {
  const token = ref(storage.getItem(STORAGE_KEY));
  const endedBy = ref<SessionEnd | null>(null);
  return {
    token: readonly(token),
    endedBy: readonly(endedBy),
    signIn(next) {
      storage.setItem(STORAGE_KEY, next);
      endedBy.value = null;
      token.value = next;
    },
    signOut(reason) {
      // A late refusal of the old token must not overwrite the reason of the sign-out.
      if (token.value === null) return;
      storage.removeItem(STORAGE_KEY);
      endedBy.value = reason ?? null;
      token.value = null;
    },
  };
}

/** Throws if no session was provided. */
export function useSession(): Session {
  return required(inject(sessionKey), 'session');
}

export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The ${name} was not provided to this component.`);
  return value;
}

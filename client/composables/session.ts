/**
 * The session: a token, stored until the tab is closed, or the account that is signed in to this browser. A token takes
 * precedence, as on the server.
 */

import { computed, inject, readonly, ref, type ComputedRef, type InjectionKey, type Ref } from 'vue';

import { accountRequests, type SignedInAccount } from './account-requests.js';

const TOKEN_KEY = 'smartpersona.token';
/** Marks that the cookie of an account may exist, so that other visitors need no request to find out. */
const ACCOUNT_KEY = 'smartpersona.account';

/** Why the last session ended, if the user did not sign out. */
export type SessionEnd = 'expired' | 'erased';

export interface Session {
  readonly token: Readonly<Ref<string | null>>;
  readonly account: Readonly<Ref<SignedInAccount | null>>;
  readonly isSignedIn: ComputedRef<boolean>;
  /** Null after a sign-out by the user, and after the next sign-in. */
  readonly endedBy: Readonly<Ref<SessionEnd | null>>;
  signIn(token: string): void;
  /** After the server has set the cookie. */
  enterAs(account: SignedInAccount): void;
  /** Finds the account of this browser; call once, before the first page. */
  restore(): Promise<void>;
  /** Ends the session in this tab. */
  signOut(reason?: SessionEnd): void;
  /** Ends the session on the server too, if it is of an account. Rejects, still signed in, if that fails. */
  leave(): Promise<void>;
}

export const sessionKey: InjectionKey<Session> = Symbol('session');

type Entries = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** `ofTab`: storage of this tab; `ofBrowser`: storage of all tabs. */
export function createSession(
  ofTab: Entries,
  ofBrowser: Entries,
  requests: Pick<typeof accountRequests, 'current' | 'signOut'> = accountRequests,
): Session {
  const token = ref(ofTab.getItem(TOKEN_KEY));
  const account = ref<SignedInAccount | null>(null);
  const endedBy = ref<SessionEnd | null>(null);
  const isSignedIn = computed(() => token.value !== null || account.value !== null);
  let isLeaving = false;

  function end(reason: SessionEnd | null): void {
    // A late refusal of the old session must not overwrite the reason of the sign-out.
    if (!isSignedIn.value) return;
    ofTab.removeItem(TOKEN_KEY);
    ofBrowser.removeItem(ACCOUNT_KEY);
    endedBy.value = reason;
    token.value = null;
    account.value = null;
  }

  return {
    token: readonly(token),
    account: readonly(account),
    isSignedIn,
    endedBy: readonly(endedBy),
    signIn(next) {
      ofTab.setItem(TOKEN_KEY, next);
      endedBy.value = null;
      token.value = next;
    },
    enterAs(next) {
      ofTab.removeItem(TOKEN_KEY);
      ofBrowser.setItem(ACCOUNT_KEY, 'yes');
      endedBy.value = null;
      token.value = null;
      account.value = next;
    },
    async restore() {
      if (ofBrowser.getItem(ACCOUNT_KEY) === null) return;
      account.value = await requests.current().catch(() => null);
      if (account.value === null) ofBrowser.removeItem(ACCOUNT_KEY);
    },
    // The server closes the sockets of a session before it answers that the session has ended.
    signOut: (reason) => end(isLeaving ? null : (reason ?? null)),
    async leave() {
      isLeaving = true;
      try {
        if (account.value !== null) await requests.signOut();
        end(null);
      } finally {
        isLeaving = false;
      }
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

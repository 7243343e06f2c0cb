/**
 * Whether the server can be reached, derived from three sources: the browser's online state, the WebSocket, and
 * requests that are being retried.
 */

import { computed, inject, onScopeDispose, ref, watch, type InjectionKey, type Ref } from 'vue';

import { required } from './session.js';

export type ConnectionStatus = 'online' | 'reconnecting' | 'offline';

export interface Connection {
  readonly status: Readonly<Ref<ConnectionStatus>>;
  /** Calls back whenever the server becomes reachable again. Returns a function that unsubscribes. */
  onRestored(callback: () => void): () => void;
  /** The socket was lost and is reconnecting, is open, or was closed on purpose. */
  noteSocket(state: 'lost' | 'open' | 'closed'): void;
  /** A request was answered, or failed and will be retried. */
  noteRequest(state: 'answered' | 'repeating'): void;
  /** Removes the listeners on the window. */
  dispose(): void;
}

/** The part of `Window` that is used. */
export interface Surroundings extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly navigator: { readonly onLine: boolean };
}

export const connectionKey: InjectionKey<Connection> = Symbol('connection');

export function createConnection(surroundings: Surroundings): Connection {
  const hasNetwork = ref(surroundings.navigator.onLine);
  const isSocketLost = ref(false);
  const isRepeating = ref(false);
  const callbacks = new Set<() => void>();

  const status = computed<ConnectionStatus>(() => {
    if (!hasNetwork.value) return 'offline';
    return isSocketLost.value || isRepeating.value ? 'reconnecting' : 'online';
  });
  const stopWatching = watch(
    status,
    (now) => {
      if (now === 'online') for (const callback of [...callbacks]) callback();
    },
    { flush: 'sync' },
  );

  const readNetwork = () => (hasNetwork.value = surroundings.navigator.onLine);
  surroundings.addEventListener('online', readNetwork);
  surroundings.addEventListener('offline', readNetwork);

  return {
    status,
    onRestored(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    noteSocket(state) {
      isSocketLost.value = state === 'lost';
      if (state === 'open') isRepeating.value = false;
    },
    noteRequest(state) {
      isRepeating.value = state === 'repeating';
    },
    dispose() {
      stopWatching();
      surroundings.removeEventListener('online', readNetwork);
      surroundings.removeEventListener('offline', readNetwork);
    },
  };
}

/** The connection; its callbacks are removed with the component. Throws if no connection was provided. */
export function useConnection(): Pick<Connection, 'status' | 'onRestored'> {
  const connection = required(inject(connectionKey), 'connection');
  return {
    status: connection.status,
    onRestored(callback) {
      const stop = connection.onRestored(callback);
      onScopeDispose(stop);
      return stop;
    },
  };
}

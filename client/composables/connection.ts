/**
 * Whether the server can be reached, put together from three witnesses: the browser's own word, the WebSocket, and the
 * requests that are being repeated.
 */

import { computed, inject, onScopeDispose, ref, watch, type InjectionKey, type Ref } from 'vue';

import { required } from './session.js';

export type ConnectionStatus = 'online' | 'reconnecting' | 'offline';

export interface Connection {
  readonly status: Readonly<Ref<ConnectionStatus>>;
  /** Calls back whenever the server is reachable again after it was not. Returns what ends that. */
  onRestored(callback: () => void): () => void;
  /** The socket was lost and is being opened again, or is there (again), or is not wanted. */
  noteSocket(state: 'lost' | 'open' | 'closed'): void;
  /** A request got through, or did not and will be repeated. */
  noteRequest(state: 'answered' | 'repeating'): void;
  /** Stops listening to the browser. */
  dispose(): void;
}

/** The part of a window that is needed. */
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

/** The connection, with callbacks that end with the component. Throws where none was provided. */
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

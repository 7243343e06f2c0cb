import { describe, expect, it } from 'vitest';

import { createConnection } from '../../client/composables/connection.js';

/** A window with a network cable to pull. */
class FakeSurroundings extends EventTarget {
  readonly navigator = { onLine: true };

  setNetwork(isUp: boolean): void {
    this.navigator.onLine = isUp;
    this.dispatchEvent(new Event(isUp ? 'online' : 'offline'));
  }
}

function setUp() {
  const surroundings = new FakeSurroundings();
  const connection = createConnection(surroundings);
  let nRestored = 0;
  const stop = connection.onRestored(() => (nRestored += 1));
  return { surroundings, connection, stop, nRestored: () => nRestored };
}

describe('The connection', () => {
  it('is reconnecting from the loss of the socket until it is open again, and then calls back', () => {
    const { connection, nRestored } = setUp();
    connection.noteSocket('lost');
    expect(connection.status.value).toBe('reconnecting');
    connection.noteSocket('lost');
    expect(nRestored()).toBe(0);
    connection.noteSocket('open');
    expect(connection.status.value).toBe('online');
    expect(nRestored()).toBe(1);
  });

  it('does not treat the first opening as a restoration', () => {
    const { connection, nRestored } = setUp();
    connection.noteSocket('open');
    connection.noteRequest('answered');
    expect(nRestored()).toBe(0);
  });

  it('is reconnecting while a request is retried', () => {
    const { connection, nRestored } = setUp();
    connection.noteRequest('repeating');
    expect(connection.status.value).toBe('reconnecting');
    connection.noteRequest('answered');
    expect(connection.status.value).toBe('online');
    expect(nRestored()).toBe(1);
  });

  it('is offline when the browser reports it, regardless of the socket', () => {
    const { connection, surroundings, nRestored } = setUp();
    connection.noteSocket('open');
    surroundings.setNetwork(false);
    expect(connection.status.value).toBe('offline');
    connection.noteSocket('lost');
    surroundings.setNetwork(true);
    expect(connection.status.value).toBe('reconnecting');
    connection.noteSocket('open');
    expect(connection.status.value).toBe('online');
    expect(nRestored()).toBe(1);
  });

  it('is online after a socket was closed on purpose', () => {
    const { connection } = setUp();
    connection.noteSocket('open');
    connection.noteSocket('closed');
    expect(connection.status.value).toBe('online');
  });

  it('does not call back after unsubscribing, and ignores the browser after disposal', () => {
    const { connection, surroundings, stop, nRestored } = setUp();
    stop();
    connection.noteSocket('lost');
    connection.noteSocket('open');
    expect(nRestored()).toBe(0);
    connection.dispose();
    surroundings.setNetwork(false);
    expect(connection.status.value).toBe('online');
  });
});

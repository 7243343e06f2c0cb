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
  it('is reconnecting from a lost socket to an open one, and then tells whoever asked to be told', () => {
    const { connection, nRestored } = setUp();
    connection.noteSocket('lost');
    expect(connection.status.value).toBe('reconnecting');
    connection.noteSocket('lost');
    expect(nRestored()).toBe(0);
    connection.noteSocket('open');
    expect(connection.status.value).toBe('online');
    expect(nRestored()).toBe(1);
  });

  it('does not call the first opening a restoration', () => {
    const { connection, nRestored } = setUp();
    connection.noteSocket('open');
    connection.noteRequest('answered');
    expect(nRestored()).toBe(0);
  });

  it('takes a request that is being repeated as a sign that the server is away', () => {
    const { connection, nRestored } = setUp();
    connection.noteRequest('repeating');
    expect(connection.status.value).toBe('reconnecting');
    connection.noteRequest('answered');
    expect(connection.status.value).toBe('online');
    expect(nRestored()).toBe(1);
  });

  it('is offline when the browser says so, whatever the socket believes', () => {
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

  it('is not reconnecting after a socket that nobody needs any more was closed', () => {
    const { connection } = setUp();
    connection.noteSocket('open');
    connection.noteSocket('closed');
    expect(connection.status.value).toBe('online');
  });

  it('leaves those in peace who no longer want to hear of it, and the browser after its end', () => {
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

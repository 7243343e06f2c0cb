import { describe, expect, it } from 'vitest';

import { createSession } from '../../client/composables/session.js';

function fakeStorage(entries: Record<string, string> = {}) {
  const values = new Map(Object.entries(entries));
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

describe('The session', () => {
  it('starts signed out, keeps a token for the next load, and forgets it on sign-out', () => {
    const storage = fakeStorage();
    const first = createSession(storage);
    expect(first.token.value).toBeNull();

    first.signIn('abc');
    expect(first.token.value).toBe('abc');
    expect(createSession(storage).token.value).toBe('abc');

    first.signOut();
    expect(first.token.value).toBeNull();
    expect(first.endedBy.value).toBeNull();
    expect(createSession(storage).token.value).toBeNull();
  });

  it('reports that it expired until the next sign-in', () => {
    const session = createSession(fakeStorage());
    session.signIn('abc');
    session.signOut('expired');
    expect(session.endedBy.value).toBe('expired');
    session.signIn('def');
    expect(session.endedBy.value).toBeNull();
  });

  it('does not report a manual sign-out as expired after a late refusal of the old token', () => {
    const session = createSession(fakeStorage());
    session.signIn('abc');
    session.signOut();
    session.signOut('expired');
    expect(session.endedBy.value).toBeNull();
  });
});

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
    const first = createSession(storage, fakeStorage());
    expect(first.token.value).toBeNull();

    first.signIn('abc');
    expect(first.token.value).toBe('abc');
    expect(createSession(storage, fakeStorage()).token.value).toBe('abc');

    first.signOut();
    expect(first.token.value).toBeNull();
    expect(first.endedBy.value).toBeNull();
    expect(createSession(storage, fakeStorage()).token.value).toBeNull();
  });

  it('reports that it expired until the next sign-in', () => {
    const session = createSession(fakeStorage(), fakeStorage());
    session.signIn('abc');
    session.signOut('expired');
    expect(session.endedBy.value).toBe('expired');
    session.signIn('def');
    expect(session.endedBy.value).toBeNull();
  });

  it('does not report a manual sign-out as expired after a late refusal of the old token', () => {
    const session = createSession(fakeStorage(), fakeStorage());
    session.signIn('abc');
    session.signOut();
    session.signOut('expired');
    expect(session.endedBy.value).toBeNull();
  });

  describe('of an account', () => {
    const ada = { name: 'Ada', role: 'ADMIN' } as const;
    const requests = { current: async () => ada, signOut: (): Promise<void> => Promise.resolve() };

    it('is found again by a later page, and asked for only where one was signed in', async () => {
      const browser = fakeStorage();
      const visitor = createSession(fakeStorage(), browser, {
        ...requests,
        current: () => Promise.reject(new Error('not asked')),
      });
      await visitor.restore();
      expect(visitor.isSignedIn.value).toBe(false);

      createSession(fakeStorage(), browser, requests).enterAs(ada);
      const later = createSession(fakeStorage(), browser, requests);
      await later.restore();
      expect(later.account.value).toEqual(ada);
      expect(later.isSignedIn.value).toBe(true);
    });

    it('ends when the server knows it no more', async () => {
      const browser = fakeStorage();
      createSession(fakeStorage(), browser, requests).enterAs(ada);
      const later = createSession(fakeStorage(), browser, { ...requests, current: async () => null });
      await later.restore();
      expect(later.isSignedIn.value).toBe(false);
      expect(browser.values.size).toBe(0);
    });

    it('replaces a token', () => {
      const tab = fakeStorage();
      const session = createSession(tab, fakeStorage(), requests);
      session.signIn('abc');
      session.enterAs(ada);
      expect(session.token.value).toBeNull();
      expect(tab.values.size).toBe(0);
    });

    it('is not reported as expired when its sockets close during the sign-out', async () => {
      const session = createSession(fakeStorage(), fakeStorage(), {
        ...requests,
        signOut: async () => session.signOut('expired'),
      });
      session.enterAs(ada);
      await session.leave();
      expect(session.isSignedIn.value).toBe(false);
      expect(session.endedBy.value).toBeNull();
    });

    it('stays when the server cannot be reached at the sign-out', async () => {
      const session = createSession(fakeStorage(), fakeStorage(), {
        ...requests,
        signOut: () => Promise.reject(new Error('offline')),
      });
      session.enterAs(ada);
      await expect(session.leave()).rejects.toThrow('offline');
      expect(session.isSignedIn.value).toBe(true);
    });
  });
});

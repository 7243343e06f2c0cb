/** The GraphQL-over-HTTP conformance suite of graphql-http, all of it, with CSRF prevention on. */

import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';

let fake: FakeApi;
const audits = serverAudits({
  url: () => `${fake.url}/graphql`,
  // GET requests must show that no foreign page sent them.
  fetchFn: (url: string, init?: RequestInit) =>
    fetch(url, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), 'apollo-require-preflight': 'yes' },
    }),
});

describe('GraphQL over HTTP conforms to the specification', () => {
  beforeAll(async () => {
    fake = await startFakeApi();
  });
  afterAll(() => fake.close());

  it('in 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => ({ title: audit.name, audit })))('$title', async ({ audit }) => {
    const result = await audit.fn();
    expect(
      result.status === 'ok' ? 'ok' : `${result.status}: ${'reason' in result ? result.reason : ''}`,
    ).toBe('ok');
  });
});

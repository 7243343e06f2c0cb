/** Traces of a thumb, as a collector receives them: one trace from the mutation to the pushes of two instances. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { askFor, subscribe } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const ITEMS = '{ recommendations(first: 10) { items { item { id } } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const UPDATED = 'subscription { recommendationsUpdated(first: 10) { cause } }';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly instance: string;
}
interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'instance'>[] }[];
  }[];
}

/** Keeps every span that is sent to it. */
async function startCollector(): Promise<{ url: string; spans: Span[]; bodies: string[]; server: Server }> {
  const spans: Span[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      expect([request.method, request.url]).toEqual(['POST', '/v1/traces']);
      bodies.push(body);
      for (const { resource, scopeSpans } of (JSON.parse(body) as Batch).resourceSpans) {
        const attributes = new Map(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
        expect(attributes.get('service.name')).toBe('smartpersona');
        const instance = attributes.get('service.instance.id')!;
        for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, instance })));
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, bodies, server };
}

describe('the trace of a thumb', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let [a, b]: TestServer[] = [];

  beforeAll(async () => {
    collector = await startCollector();
    const mongoUri = freshDatabase(inject('mongoUri'));
    const env = {
      SMARTPERSONA_PEPPER: randomBytes(32).toString('hex'),
      SMARTPERSONA_SECRET: randomBytes(32).toString('hex'),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    };
    a = await startTestServer({ mongoUri, seedUsers: 120, env });
    b = await startTestServer({ mongoUri, seedUsers: 0, env });
  });
  afterAll(async () => {
    await a?.stop();
    await b?.stop();
    collector?.server.close();
  });

  it('leads from the mutation to the pushed lists of both instances', async () => {
    const token = (await a!.run('token', '--role', 'user', '--user', 'ann')).trim();
    const here = await subscribe(a!.wsUrl, token, UPDATED);
    const there = await subscribe(b!.wsUrl, token, UPDATED);
    const { recommendations } = await askFor<{ recommendations: { items: { item: { id: string } }[] } }>(
      ...([a!.url, token, ITEMS] as const),
    );
    const itemId = recommendations.items[0]!.item.id;
    await askFor(a!.url, token, SEND, { input: { itemId, value: 'UP' } });
    await Promise.all([here.next(), there.next()]);

    const names = ['thumb', 'thumb.write', 'thumb.fold-in', 'list.rank', 'list.publish', 'thumb.follow'];
    const trace = await waitFor(
      () => {
        const root = collector.spans.find(({ name }) => name === 'thumb');
        const spans = collector.spans.filter(({ traceId }) => traceId === root?.traceId);
        const isWhole = names.every((name) => spans.some((span) => span.name === name));
        return isWhole && spans.filter(({ name }) => name === 'list.push').length === 2 ? spans : null;
      },
      'all spans of the thumb',
      30_000,
    );
    await here.close();
    await there.close();
    const the = (name: string) => trace.find((span) => span.name === name)!;
    for (const name of ['thumb.write', 'thumb.fold-in', 'list.rank', 'list.publish', 'thumb.follow'])
      expect(the(name).parentSpanId).toBe(the('thumb').spanId);
    const pushes = trace.filter(({ name }) => name === 'list.push');
    expect(pushes.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(
      [the('list.publish').spanId, the('thumb.follow').spanId].sort(),
    );
    expect(new Set(pushes.map(({ instance }) => instance)).size).toBe(2);
    expect(the('thumb.follow').instance).not.toBe(the('thumb').instance);
    expect(collector.bodies.join()).not.toContain(itemId);
  });
});

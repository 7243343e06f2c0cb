/** OpenTelemetry: sends spans to a collector over OTLP/HTTP. Its packages are loaded only if an endpoint is set. */

import type { Context, Span } from '@opentelemetry/api';

import type { Logger, Tracer } from '../domain/index.js';
import { NO_TRACER } from '../domain/index.js';

import { productVersion } from './package.js';

const SHUTDOWN_MS = 2_000;

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is buffered. */
  close(): Promise<void>;
}

export async function startTracing(
  endpoint: string | null,
  instanceId: string,
  log: Logger,
): Promise<Tracing> {
  if (endpoint === null) return { tracer: NO_TRACER, close: () => Promise.resolve() };
  const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const { context, propagation, trace, SpanStatusCode, ROOT_CONTEXT } = api;
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'smartpersona',
      'service.version': productVersion(),
      'service.instance.id': instanceId,
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  provider.register();
  const spans = provider.getTracer('smartpersona');
  log.info({ endpoint }, 'traces are sent to a collector');

  const parentOf = (traceparent: string | null | undefined): Context =>
    traceparent == null ? context.active() : propagation.extract(ROOT_CONTEXT, { traceparent });
  const tracer: Tracer = {
    span: (name, work, { parent, attributes } = {}) =>
      spans.startActiveSpan(name, { attributes }, parentOf(parent), async (span: Span) => {
        try {
          return await work();
        } catch (error) {
          span.recordException(error as Error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    current() {
      const carrier: { traceparent?: string } = {};
      propagation.inject(context.active(), carrier);
      return carrier.traceparent ?? null;
    },
  };
  return {
    tracer,
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS).unref());
      await Promise.race([provider.shutdown(), late]);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

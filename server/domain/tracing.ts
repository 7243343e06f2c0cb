/** Spans of work for distributed tracing. The default records nothing and costs nothing. */

export interface SpanOptions {
  /** Trace context (W3C `traceparent`) of a span elsewhere that caused this one; default the running span. */
  readonly parent?: string | null;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export interface Tracer {
  /** Runs the work within a span; a rejection is recorded and passed on. */
  span<T>(name: string, work: () => Promise<T>, options?: SpanOptions): Promise<T>;
  /** The running span as a W3C `traceparent`; null if none is recorded. */
  current(): string | null;
}

export const NO_TRACER: Tracer = { span: (_name, work) => work(), current: () => null };

/** Samples of /metrics while a load runs. */

const MIB = 1024 ** 2;

export interface Sample {
  /** Milliseconds since the first sample. */
  readonly at: number;
  readonly heapMib: number;
  readonly residentMib: number;
  /** p99 of the event-loop delay since the last sample, ms. */
  readonly loopDelayMs: number;
  readonly sockets: number;
}

/** The value of a sample without labels in the Prometheus format; NaN if it is missing. */
export function metricOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
}

/** Samples every `everyMs` until `stop`, which resolves with all samples. */
export function sampleMetrics(
  url: string,
  { everyMs, token }: { everyMs: number; token?: string },
): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const sample = async () => {
    const response = await fetch(`${url}/metrics`, { headers });
    if (!response.ok) return;
    const text = await response.text();
    samples.push({
      at: performance.now() - startedAt,
      heapMib: metricOf(text, 'nodejs_heap_size_used_bytes') / MIB,
      residentMib: metricOf(text, 'process_resident_memory_bytes') / MIB,
      loopDelayMs: metricOf(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000,
      sockets: metricOf(text, 'smartpersona_websockets'),
    });
  };
  // A server that does not answer in time leaves a gap.
  let last = sample().catch(() => undefined);
  const timer = setInterval(() => (last = sample().catch(() => undefined)), everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await last;
      return samples;
    },
  };
}

/** Slope of a line through the points by least squares, per hour; NaN for fewer than two points. */
export function slopePerHour(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const n = samples.length;
  if (n < 2) return NaN;
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / n;
  const mean = samples.reduce((sum, sample) => sum + value(sample), 0) / n;
  let [above, below] = [0, 0];
  for (const sample of samples) {
    above += (sample.at - meanAt) * (value(sample) - mean);
    below += (sample.at - meanAt) ** 2;
  }
  return (above / below) * 3_600_000;
}

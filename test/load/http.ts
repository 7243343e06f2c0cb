/** Sends the mix over HTTP with autocannon, and keeps the time of every answer by its status. */

import autocannon from 'autocannon';

import type { PlannedRequest } from './mix.js';

const SECOND_MS = 1_000;

export interface HttpLoad {
  /** Milliseconds of the accepted answers. */
  readonly acceptedMs: number[];
  /** When each of them arrived, milliseconds from the start. */
  readonly acceptedAt: number[];
  /** Answers with 429 or 503. */
  refused: number;
  /** Any other answer, and requests without one. */
  failed: number;
  seconds: number;
}

interface HttpLoadOptions {
  readonly url: string;
  readonly plan: () => PlannedRequest;
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second of all connections; null: as fast as they are answered. */
  readonly rate: number | null;
}

export async function sendLoad({
  url,
  plan,
  connections,
  seconds,
  rate,
}: HttpLoadOptions): Promise<HttpLoad> {
  const load: HttpLoad = { acceptedMs: [], acceptedAt: [], refused: 0, failed: 0, seconds };
  const startedAt = performance.now();
  const errors = await new Promise<number>((resolve, reject) => {
    const run = autocannon(
      {
        ...{ url: `${url}/graphql`, connections, duration: seconds, timeout: 10 },
        ...(rate === null ? {} : { overallRate: Math.max(1, Math.round(rate)) }),
        requests: [
          {
            method: 'POST',
            setupRequest(request) {
              const { body, token } = plan();
              const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
              return { ...request, headers, body };
            },
          },
        ],
      },
      (error: Error | null, result) => (error === null ? resolve(result.errors) : reject(error)),
    );
    run.on('response', (_client, status, _bytes, ms) => {
      if (status === 200) {
        load.acceptedMs.push(ms);
        load.acceptedAt.push(performance.now() - startedAt);
      } else if (status === 429 || status === 503) load.refused += 1;
      else load.failed += 1;
    });
  });
  load.failed += errors;
  load.seconds = (performance.now() - startedAt) / SECOND_MS;
  return load;
}

/** A streamed response: a JSON object per line, first progress, last the outcome. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { HttpRefusal } from './http-refusal.js';
import { sendWhole } from './last-answer.js';
import type { Headers } from './security-headers.js';

const MIN_GAP_MS = 250;

export class ProgressLines {
  private saidAt = -Infinity;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly headers: Headers,
  ) {}

  /** Writes a progress line, at most four times a second. */
  progress(state: { readonly fraction: number; readonly rows: number }): void {
    if (performance.now() - this.saidAt < MIN_GAP_MS || this.response.destroyed) return;
    this.saidAt = performance.now();
    this.write({ type: 'progress', ...state });
  }

  end(line: object): void {
    this.write(line);
    this.response.end();
  }

  /** Sends an error with its status if no line has been written, else as the last line. */
  fail({ status, more }: Pick<HttpRefusal, 'status' | 'more'>, error: object): void {
    if (this.response.headersSent) return this.end({ type: 'error', errors: [error] });
    sendWhole(this.request, this.response, {
      status,
      headers: { ...this.headers, ...more.headers, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ errors: [error] }),
    });
  }

  private write(line: object): void {
    if (!this.response.headersSent) {
      this.response.writeHead(200, {
        ...this.headers,
        'content-type': 'application/x-ndjson; charset=utf-8',
        'cache-control': 'no-store',
        // A proxy that buffers responses would delay the progress.
        'x-accel-buffering': 'no',
      });
    }
    this.response.write(`${JSON.stringify(line)}\n`);
  }
}

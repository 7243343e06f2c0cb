/**
 * A change stream as an endless async iterable. The driver itself resumes after a network error; where it gives up,
 * the stream is opened again after the last event that was seen, with growing pauses, until the signal ends it.
 */

import { type Collection, type mongo } from 'mongoose';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** The resume token lies before what the server still remembers; the stream goes on from now. */
const HISTORY_LOST = new Set([280, 286, 222]);

export interface ChangesOptions<T> {
  readonly collection: Collection;
  readonly pipeline: object[];
  readonly resumeToken?: unknown;
  readonly signal: AbortSignal;
  /** Called when the stream begins, and when it had to begin anew and may have missed something. */
  readonly onStart?: () => void;
  /** Takes the whole document as it is now; null tells nothing. */
  readonly read: (document: unknown, resumeToken: unknown) => T | null;
  /** Takes the id of a document that was deleted. */
  readonly readDeleted?: (id: string) => T;
}

export async function* changes<T>({
  collection,
  pipeline,
  resumeToken,
  signal,
  onStart,
  read,
  readDeleted,
}: ChangesOptions<T>): AsyncIterable<T> {
  let token = resumeToken;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let stream: mongo.ChangeStream | null = null;
    const close = () => void stream?.close().catch(() => undefined);
    signal.addEventListener('abort', close, { once: true });
    try {
      stream = collection.watch(pipeline, {
        fullDocument: 'updateLookup',
        ...(token === undefined ? {} : { resumeAfter: token }),
      });
      // Opens the cursor on the server; nothing that happens from here on is missed.
      let change: mongo.ChangeStreamDocument | null = await stream.tryNext();
      if (token === undefined) onStart?.();
      while (!signal.aborted) {
        change ??= await stream.next();
        pauseMs = FIRST_PAUSE_MS;
        token = change._id;
        // Deleted between the change and the look-up: nothing is left to tell.
        const document = 'fullDocument' in change ? change.fullDocument : null;
        const told =
          change.operationType === 'delete'
            ? (readDeleted?.(String(change.documentKey._id)) ?? null)
            : document == null
              ? null
              : read(document, token);
        if (told !== null) yield told;
        change = null;
      }
    } catch (error) {
      if (signal.aborted) return;
      token ??= stream?.resumeToken;
      if (HISTORY_LOST.has(Number((error as { code?: unknown }).code))) token = undefined;
      await pause(pauseMs, signal);
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    } finally {
      signal.removeEventListener('abort', close);
      await stream?.close().catch(() => undefined);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}

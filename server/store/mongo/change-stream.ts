/**
 * Subscribes to database changes as endless async iterables.
 *
 * All watchers of a connection share a change stream on the database, since every open stream adds to the cost of every
 * write on the server. The driver resumes after network errors; when it gives up, the stream is reopened after the last
 * change seen, with increasing delays.
 */

import { type Connection, type mongo } from 'mongoose';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** Error codes for a resume token older than the server's change history; the stream restarts from now. */
const HISTORY_LOST = new Set([280, 286, 222]);

/** Change filters per watched collection; thumbs and notices written by `origin` are left out. */
function watched(origin: string | undefined) {
  const others = (field: string) => (origin === undefined ? {} : { [field]: { $ne: origin } });
  return {
    alerts: { operationType: 'insert' },
    feedback: {
      $or: [
        { operationType: { $in: ['insert', 'replace'] }, ...others('fullDocument.origin') },
        {
          operationType: 'update',
          // Every opinion raises `seq`; clearing the pending mark does not.
          'updateDescription.updatedFields.seq': { $exists: true },
          ...others('updateDescription.updatedFields.origin'),
        },
      ],
    },
    modelPointer: {},
    notices: { operationType: 'insert', ...others('fullDocument.origin') },
    runs: {},
    users: { operationType: 'delete' },
  };
}
type Watched = keyof ReturnType<typeof watched>;

/** Origin of the writes made over a connection, where it has been set. */
const origins = new WeakMap<Connection, string>();

/**
 * Excludes thumbs and notices of this origin from the connection's change stream, except thumbs that replace an earlier
 * thumb of the same origin. Without this, a busy instance would receive all of its own writes.
 */
export function leaveOut(connection: Connection, origin: string): void {
  origins.set(connection, origin);
}

interface ChangesOptions<T> {
  readonly connection: Connection;
  readonly collection: Watched;
  /** Resumes after this change; such a watcher gets its own stream. */
  readonly resumeToken?: unknown;
  readonly signal: AbortSignal;
  /** Called when the stream has begun, and when it restarts and may have missed changes. */
  readonly onStart?: () => void;
  /** Receives the current full document, or the id of a deleted document. */
  readonly read: (document: unknown, resumeToken: unknown) => T;
}

type Change = mongo.ChangeStreamDocument & { readonly ns: { readonly coll: string } };

interface Listener {
  readonly hear: (change: Change) => void;
  readonly begin: () => void;
}

/** Watchers of a connection. The stream is open while there are any. */
interface Hub {
  readonly listeners: Set<Listener>;
  hasBegun: boolean;
  stop: AbortController;
}

const hubs = new WeakMap<Connection, Hub>();

export async function* changes<T>(options: ChangesOptions<T>): AsyncIterable<T> {
  const { connection, collection, resumeToken, signal, onStart, read } = options;
  const waiting: Change[] = [];
  let wake = () => {};
  const listener: Listener = {
    hear: (change) => {
      if (change.ns.coll === collection) waiting.push(change);
      wake();
    },
    begin: () => onStart?.(),
  };
  const leave =
    resumeToken === undefined ? join(connection, listener) : follow(connection, listener, options);
  const end = () => wake();
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const change = waiting.shift();
      if (change === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      if (change.operationType === 'delete') yield read(String(change.documentKey._id), change._id);
      // Otherwise the document was deleted between the change and the look-up: nothing to report.
      else if ('fullDocument' in change && change.fullDocument != null)
        yield read(change.fullDocument, change._id);
    }
  } finally {
    signal.removeEventListener('abort', end);
    leave();
  }
}

/** Joins the connection's stream and opens it for the first watcher. Returns the function that leaves. */
function join(connection: Connection, listener: Listener): () => void {
  const hub = hubs.get(connection) ?? { listeners: new Set(), hasBegun: false, stop: new AbortController() };
  hubs.set(connection, hub);
  hub.listeners.add(listener);
  if (hub.hasBegun) listener.begin();
  if (hub.listeners.size === 1) {
    hub.stop = new AbortController();
    void stream(connection, null, {
      signal: hub.stop.signal,
      hear: (change) => hub.listeners.forEach((other) => other.hear(change)),
      begin: () => {
        hub.hasBegun = true;
        hub.listeners.forEach((other) => other.begin());
      },
    });
  }
  return () => {
    hub.listeners.delete(listener);
    if (hub.listeners.size > 0) return;
    hub.hasBegun = false;
    hub.stop.abort();
  };
}

function follow(
  connection: Connection,
  listener: Listener,
  { collection, resumeToken }: { collection: Watched; resumeToken?: unknown },
): () => void {
  const stop = new AbortController();
  void stream(connection, collection, { ...listener, signal: stop.signal }, resumeToken);
  return () => stop.abort();
}

/** Reads a change stream, on a single collection or on all watched collections, until the signal aborts. */
async function stream(
  connection: Connection,
  collection: Watched | null,
  { signal, hear, begin }: Listener & { readonly signal: AbortSignal },
  resumeToken?: unknown,
): Promise<void> {
  const wanted = Object.entries(watched(origins.get(connection)))
    .filter(([name]) => collection === null || name === collection)
    .map(([name, condition]) => ({ 'ns.coll': name, ...condition }));
  let token = resumeToken;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let cursor: mongo.ChangeStream | null = null;
    const close = () => void cursor?.close().catch(() => undefined);
    signal.addEventListener('abort', close, { once: true });
    try {
      cursor = connection.db!.watch([{ $match: { $or: wanted } }], {
        fullDocument: 'updateLookup',
        ...(token === undefined ? {} : { resumeAfter: token }),
      });
      // Opens the cursor on the server; no later change is missed.
      let change: mongo.ChangeStreamDocument | null = await cursor.tryNext();
      if (token === undefined) begin();
      while (!signal.aborted) {
        change ??= await cursor.next();
        pauseMs = FIRST_PAUSE_MS;
        token = change._id;
        hear(change as Change);
        change = null;
      }
    } catch (error) {
      if (signal.aborted) return;
      // After a long time without matching changes, the driver's token is newer than ours.
      token = cursor?.resumeToken ?? token;
      if (HISTORY_LOST.has(Number((error as { code?: unknown }).code))) token = undefined;
      await pause(pauseMs, signal);
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    } finally {
      signal.removeEventListener('abort', close);
      await cursor?.close().catch(() => undefined);
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

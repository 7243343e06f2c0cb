/**
 * A live value: queried, then pushed, and queried again after every reconnect, since pushes may have been missed. The
 * value with the highest revision is shown. Runs until it is stopped.
 */

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { Client as Socket } from 'graphql-ws';

import { finalRefusal, type RequestFailedError } from './errors.js';
import { extensionsFor, hashOf, isUnknownHash } from './hashes.js';
import { backoffMs } from './backoff.js';

/** A value with a revision, counted by the server. */
export interface Revised {
  readonly revision: number;
}

export interface FollowOptions<TQuery, TUpdate, TVariables extends object, TValue extends Revised> {
  readonly query: TypedDocumentNode<TQuery, TVariables>;
  readonly subscription: TypedDocumentNode<TUpdate, TVariables>;
  readonly variables: TVariables;
  /** Extracts the value from a query result. */
  readonly ofQuery: (data: TQuery) => TValue;
  /** Extracts the value from a push. */
  readonly ofUpdate: (data: TUpdate) => TValue;
  readonly onValue: (value: TValue) => void;
  /** Called for a refusal that a retry cannot fix; the live value then stops. */
  readonly onError?: (error: RequestFailedError) => void;
}

/** Starts a live value and returns a function that stops it. */
export type Follow = <TQuery, TUpdate, TVariables extends object, TValue extends Revised>(
  options: FollowOptions<TQuery, TUpdate, TVariables, TValue>,
) => () => void;

type Request = <TData, TVariables extends object>(
  document: TypedDocumentNode<TData, TVariables>,
  variables: TVariables,
) => Promise<TData>;

export function createFollow(request: Request, socket: Socket): { follow: Follow; close(): void } {
  const ends = new Set<() => void>();
  return {
    follow(options) {
      const end = followOne(options, request, socket);
      ends.add(end);
      return () => {
        ends.delete(end);
        end();
      };
    },
    close() {
      for (const end of ends) end();
      ends.clear();
    },
  };
}

function followOne<TQuery, TUpdate, TVariables extends object, TValue extends Revised>(
  options: FollowOptions<TQuery, TUpdate, TVariables, TValue>,
  request: Request,
  socket: Socket,
): () => void {
  const { query, subscription, variables, ofQuery, ofUpdate, onValue, onError } = options;
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let isOver = false;
  let shown = -Infinity;
  let nAsked = 0;
  let unsubscribe: () => void = () => undefined;

  const offer = (value: TValue) => {
    if (isOver || value.revision < shown) return;
    shown = value.revision;
    onValue(value);
  };
  const end = () => {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    stopListening();
    unsubscribe();
  };
  const failed = (reason: unknown, again: () => void, attempt: number) => {
    if (isOver) return;
    const refusal = finalRefusal(reason);
    if (refusal !== null) {
      end();
      onError?.(refusal);
      return;
    }
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        again();
      },
      isUnknownHash(reason) ? 0 : backoffMs(attempt),
    );
    timers.add(timer);
  };
  const ask = (attempt = 0) => {
    const asked = ++nAsked;
    request(query, variables).then(
      // Ignore the answer if a later query has been sent.
      (data) => asked === nAsked && offer(ofQuery(data)),
      (reason: unknown) => asked === nAsked && failed(reason, () => ask(attempt + 1), attempt),
    );
  };
  const open = (attempt = 0) => {
    let nPushed = 0;
    unsubscribe = socket.subscribe<TUpdate>(payloadOf(subscription, variables), {
      next: ({ data, errors }) => {
        nPushed += 1;
        // A failed push still means that the value changed.
        if (errors !== undefined || data == null) ask();
        else offer(ofUpdate(data));
      },
      error: (reason) => {
        const next = nPushed > 0 ? 0 : attempt + 1;
        failed(reason, () => open(next), next);
      },
      complete: () => undefined,
    });
  };
  const stopListening = socket.on('connected', () => {
    // The server may have been reset to lower revisions, so accept the next answer with any revision.
    shown = -Infinity;
    ask();
  });
  ask();
  open();
  return end;
}

function payloadOf<TUpdate, TVariables extends object>(
  document: TypedDocumentNode<TUpdate, TVariables>,
  variables: TVariables,
) {
  const hash = hashOf(document);
  return {
    query: print(document),
    variables: variables as Record<string, unknown>,
    ...(hash === undefined ? {} : { extensions: extensionsFor(hash) }),
  };
}

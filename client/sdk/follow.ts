/**
 * A value that follows the server: asked for, then pushed, and asked for again after every reconnect, since pushes may
 * have been missed. Of two values the one with the higher revision is shown. Goes on until it is told to stop.
 */

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { Client as Socket } from 'graphql-ws';

import { finalRefusal, type RequestFailedError } from './errors.js';
import { extensionsFor, hashOf, isUnknownHash } from './hashes.js';
import { backoffMs } from './backoff.js';

/** Anything the server counts the changes of. */
export interface Revised {
  readonly revision: number;
}

export interface FollowOptions<TQuery, TUpdate, TVariables extends object, TValue extends Revised> {
  readonly query: TypedDocumentNode<TQuery, TVariables>;
  readonly subscription: TypedDocumentNode<TUpdate, TVariables>;
  readonly variables: TVariables;
  /** Takes the value out of an answer. */
  readonly ofQuery: (data: TQuery) => TValue;
  /** Takes the value out of a push. */
  readonly ofUpdate: (data: TUpdate) => TValue;
  readonly onValue: (value: TValue) => void;
  /** Told of a refusal that trying again cannot help; nothing is followed any more then. */
  readonly onError?: (error: RequestFailedError) => void;
}

/** Starts to follow, and returns what ends it. */
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
      // A later question makes the answer to this one worthless.
      (data) => asked === nAsked && offer(ofQuery(data)),
      (reason: unknown) => asked === nAsked && failed(reason, () => ask(attempt + 1), attempt),
    );
  };
  const open = (attempt = 0) => {
    let nPushed = 0;
    unsubscribe = socket.subscribe<TUpdate>(payloadOf(subscription, variables), {
      next: ({ data, errors }) => {
        nPushed += 1;
        // A push that failed says no more than that there was one.
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
    // The server may count from another number now; its answer is the truth again.
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

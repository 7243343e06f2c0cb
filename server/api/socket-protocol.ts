/**
 * The graphql-transport-ws protocol on a socket: a token or publishable key in connection_init, or the cookie of an account, then subscriptions only. Each is parsed,
 * validated and checked for cost like a request over HTTP. The socket is closed with 4403 when its token expires.
 */

import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql';
import { createSourceEventStream, execute, GraphQLError } from 'graphql';
import type { Context, Server as ProtocolServer } from 'graphql-ws';
import { CloseCode, makeServer } from 'graphql-ws';
import type { WebSocket } from 'ws';

import type { Logger } from '../domain/index.js';
import { SmartPersonaError } from '../domain/index.js';

import type { Authenticator } from './authenticator.js';
import type { FormatError } from './errors.js';
import type { SubscriptionGuard } from './graphql-guard.js';
import type { Identity } from './tokens.js';

export interface ProtocolOptions {
  /** Milliseconds to send connection_init. */
  readonly initTimeoutMs: number;
  /** Maximum open subscriptions per socket. */
  readonly maxSubscriptions: number;
  readonly authenticator: Authenticator;
  readonly guard: SubscriptionGuard;
  readonly formatError: FormatError;
  /** Creates the context of resolvers, anew for every push, so that loaders do not return values cached earlier. */
  readonly contextFor: (identity: Identity) => object;
  readonly now: () => number;
  readonly log: Logger;
}

/** State of a socket. */
export interface Peer {
  readonly socket: WebSocket;
  /** Id of the session in the cookie of the handshake; null for none. */
  readonly sessionId: string | null;
  /** The origin of the page that opened it; null for other programs. */
  readonly origin: string | null;
  identity: Identity | null;
  /** Messages since `windowStart`. */
  nMessages: number;
  windowStart: number;
  expiry: NodeJS.Timeout | undefined;
  isAlive: boolean;
}

type PeerContext = Context<Record<string, unknown>, Peer>;

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The protocol of every socket: authentication, checks of subscriptions, and formatting of errors. */
export function createProtocol(options: ProtocolOptions): ProtocolServer<Peer> {
  const { maxSubscriptions, authenticator, guard, formatError, contextFor, now, log } = options;
  const subscribe = createSubscribe();
  return makeServer<Record<string, unknown>, Peer>({
    connectionInitWaitTimeout: options.initTimeoutMs,

    async onConnect({ connectionParams, extra: peer }) {
      const token = connectionParams?.['token'];
      try {
        peer.identity = await authenticator.identify({
          token: typeof token === 'string' ? token : null,
          origin: peer.origin,
          sessionId: peer.sessionId,
        });
      } catch (error) {
        if (error instanceof SmartPersonaError && !error.isRetriable) return false;
        throw error;
      }
      if (peer.identity.viewer.role === 'anonymous') return false;
      closeAtExpiry(peer, peer.identity.expiresAt, now);
      return true;
    },

    onSubscribe(context: PeerContext, _id, payload) {
      if (Object.keys(context.subscriptions).length > maxSubscriptions) {
        const message = `A socket may have at most ${maxSubscriptions} subscriptions.`;
        return formatted(
          [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })],
          formatError,
        );
      }
      const prepared = guard(payload);
      if (!('document' in prepared)) return formatted(prepared, formatError);
      const identity = context.extra.identity as Identity;
      const { operationName, variableValues } = prepared;
      const audience = JSON.stringify([identity.viewer, operationName, variableValues]);
      return { ...prepared, contextValue: { audience, makeContext: () => contextFor(identity) } };
    },

    subscribe: (args) => subscribe(args as ExecutionArgs),

    onNext(_context, _id, _payload, _args, result) {
      return result.errors === undefined
        ? undefined
        : { ...result, errors: formatted(result.errors, formatError) };
    },

    onError(_context, _id, _payload, errors) {
      // Errors of onSubscribe are already formatted; formatting again does not change them.
      return formatted(errors, formatError).map((error) => error.toJSON());
    },

    onClose({ extra: peer }, code) {
      log.debug({ code, role: peer.identity?.viewer.role }, 'WebSocket closed');
    },
  });
}

/** Closes the socket when its token expires. Timers are limited to 24 days, so a longer wait is split. */
function closeAtExpiry(peer: Peer, expiresAt: number, now: () => number): void {
  const waitMs = Math.min(expiresAt - now(), MAX_TIMEOUT_MS);
  peer.expiry = setTimeout(() => {
    if (expiresAt > now()) closeAtExpiry(peer, expiresAt, now);
    else peer.socket.close(CloseCode.Forbidden, 'The token has expired');
  }, waitMs);
  peer.expiry.unref();
}

/** Passed as the context of a subscription. */
interface Subscription {
  /** Key for sharing results: equal if the same document has the same result for the same event. */
  readonly audience: string;
  readonly makeContext: () => object;
}

/** Results of an event, by document and audience. */
type Results = Map<DocumentNode, Map<string, Promise<ExecutionResult>>>;

/**
 * Like the library's `subscribe`, with two differences. Every event is executed with a new context, because batch
 * loaders cache and would push stale values. And it is executed once for all sockets with the same viewer, operation and
 * variables, such as several windows of a user.
 */
function createSubscribe(): (
  args: ExecutionArgs,
) => Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const known = new WeakMap<object, Results>();

  const executeOnce = (args: ExecutionArgs, event: object): Promise<ExecutionResult> => {
    const { audience, makeContext } = args.contextValue as Subscription;
    const results: Results = known.get(event) ?? new Map();
    known.set(event, results);
    const ofDocument = results.get(args.document) ?? new Map<string, Promise<ExecutionResult>>();
    results.set(args.document, ofDocument);
    const result =
      ofDocument.get(audience) ??
      Promise.resolve(execute({ ...args, rootValue: event, contextValue: makeContext() }));
    ofDocument.set(audience, result);
    return result;
  };

  return async (args) => {
    const { makeContext } = args.contextValue as Subscription;
    const stream = await createSourceEventStream({ ...args, contextValue: makeContext() });
    if (!(Symbol.asyncIterator in stream)) return stream;
    const events = (stream as AsyncIterable<object>)[Symbol.asyncIterator]();
    const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
    return {
      async next() {
        const event = await events.next();
        return event.done === true ? done : { done: false, value: await executeOnce(args, event.value) };
      },
      async return() {
        await events.return?.();
        return done;
      },
      async throw(error: unknown) {
        await events.return?.();
        throw error;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    } as AsyncGenerator<ExecutionResult>;
  };
}

function formatted(errors: readonly GraphQLError[], formatError: FormatError): GraphQLError[] {
  return errors.map((error) => {
    const { message, extensions, path } = formatError(error);
    const { nodes, source, positions } = error;
    return new GraphQLError(message, { nodes, source, positions, path, extensions });
  });
}

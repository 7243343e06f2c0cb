/**
 * The Apollo client: queries and mutations over HTTP, subscriptions over a WebSocket. Both send the session's token, or
 * the cookie of an account; they report the state of the link to `Connection`, and retry until the server is back.
 */

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client/core';
import { onError } from '@apollo/client/link/error';
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { Kind, OperationTypeNode, type DocumentNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { watch } from 'vue';

import { isFinal, isUnauthenticated, statusOf } from '../composables/index.js';
import type { Connection, Session } from '../composables/index.js';
import { backoffMs } from '../sdk/backoff.js';
import { hashOf, sendHashes } from '../sdk/hashes.js';

const KEEP_ALIVE_MS = 10_000;
/** Close code of the server for a token that is refused or has expired. */
const FORBIDDEN_CLOSE = 4403;

export function createApolloClient(session: Session, connection: Connection): ApolloClient<object> {
  const socket = createSocket(session, connection);
  const client = new ApolloClient<object>({
    cache: createCache(),
    link: ApolloLink.from([
      watchOutcome(session, connection),
      createPersistedQueryLink({ generateHash: registeredHash }),
      ApolloLink.split(
        ({ query }) => isOperation(query, OperationTypeNode.SUBSCRIPTION),
        new GraphQLWsLink(sendHashes(socket)),
        ApolloLink.from([repeatQueries(connection), authorise(session), new HttpLink({ uri: '/graphql' })]),
      ),
    ]),
    defaultOptions: { watchQuery: { nextFetchPolicy: 'cache-first' } },
  });
  // A user's cached data must not be visible to the next user.
  watch(
    session.isSignedIn,
    (isSignedIn) => {
      if (!isSignedIn) void client.clearStore();
    },
    { flush: 'sync' },
  );
  return client;
}

function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      // The viewer is a singleton; several queries fetch parts of it.
      Viewer: { keyFields: [] },
      Feedback: { keyFields: ['itemId'] },
      ModelVersion: { keyFields: ['version'] },
    },
  });
}

function createSocket(session: Session, connection: Connection): Client {
  return createClient({
    url: () => `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: () => ({ token: session.token.value }),
    keepAlive: KEEP_ALIVE_MS,
    shouldRetry: () => true,
    retryAttempts: Infinity,
    retryWait: (attempt) => delay(backoffMs(attempt)),
    on: {
      connected: () => connection.noteSocket('open'),
      closed: (event) => {
        const { code, wasClean } = event as CloseEvent;
        if (code === FORBIDDEN_CLOSE) session.signOut('expired');
        connection.noteSocket(wasClean && (code === 1000 || code === FORBIDDEN_CLOSE) ? 'closed' : 'lost');
      },
    },
  });
}

/** Waits `ms`, or until the browser reports that the network is back. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('online', end);
  });
}

function authorise(session: Session): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const token = session.token.value;
    if (token !== null) {
      operation.setContext(({ headers }: { headers?: Record<string, string> }) => ({
        headers: { ...headers, authorization: `Bearer ${token}` },
      }));
    }
    return forward(operation);
  });
}

/** Retries queries; a mutation is repeated only by the user. */
function repeatQueries(connection: Connection): ApolloLink {
  return new RetryLink({
    delay: (attempt) => backoffMs(attempt - 1),
    attempts: (_, { query }, error) => {
      if (!isOperation(query, OperationTypeNode.QUERY) || isFinal(error)) return false;
      connection.noteRequest('repeating');
      return true;
    },
  });
}

function watchOutcome(session: Session, connection: Connection): ApolloLink {
  return ApolloLink.from([
    onError(({ graphQLErrors, networkError }) => {
      if (statusOf(networkError) === 401 || isUnauthenticated(graphQLErrors)) session.signOut('expired');
    }),
    new ApolloLink((operation, forward) =>
      forward(operation).map((answer) => {
        if (!isOperation(operation.query, OperationTypeNode.SUBSCRIPTION)) connection.noteRequest('answered');
        return answer;
      }),
    ),
  ]);
}

function registeredHash(document: DocumentNode): string {
  const hash = hashOf(document);
  if (hash === undefined)
    throw new Error('Operations belong into client/graphql, where they are registered.');
  return hash;
}

function isOperation(document: DocumentNode, type: OperationTypeNode): boolean {
  const definition = getMainDefinition(document);
  return definition.kind === Kind.OPERATION_DEFINITION && definition.operation === type;
}

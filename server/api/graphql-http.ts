/** GraphQL over HTTP: Apollo Server with its optional features disabled. */

import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import { GraphQLError } from 'graphql';

import type { Logger } from '../domain/index.js';

import type { FormatError } from './errors.js';
import type { CostGuard, DocumentLimits } from './limits.js';
import { documentLimitsRule } from './limits.js';

interface GraphQLHttpOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly costGuard: CostGuard;
  readonly formatError: FormatError;
  readonly hasIntrospection: boolean;
  readonly log: Logger;
}

/** Creates the server; the caller starts and stops it. */
export function createGraphQLServer<Context extends BaseContext>(
  options: GraphQLHttpOptions,
): ApolloServer<Context> {
  const { schema, limits, costGuard, formatError, hasIntrospection, log } = options;
  return new ApolloServer<Context>({
    schema,
    introspection: hasIntrospection,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.maxTokens },
    validationRules: [documentLimitsRule(limits)],
    formatError: (_formatted, error) => formatError(error),
    logger: {
      debug: (message) => log.debug({}, String(message)),
      info: (message) => log.info({}, String(message)),
      warn: (message) => log.warn({}, String(message)),
      error: (message) => log.error({}, String(message)),
    },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      operationPlugin(costGuard),
      legacyMediaTypePlugin(),
    ],
  });
}

/** Refuses valid documents that subscribe or cost too much. */
function operationPlugin(costGuard: CostGuard): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, request, operation }) {
          if (operation?.operation === 'subscription') throw subscriptionRefusal();
          const refusal = costGuard({
            document,
            operationName: request.operationName,
            variables: request.variables,
          });
          if (refusal !== null) throw refusal;
        },
      };
    },
  };
}

/** By the specification, a client that accepts only application/json gets 200 for a well-formed request, even with errors. */
function legacyMediaTypePlugin(): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, response }) {
          if (response.http.status === 400 && isLegacy(request.http?.headers.get('accept')))
            response.http.status = 200;
        },
      };
    },
  };
}

/** Whether a client predates the GraphQL-over-HTTP specification. */
export function isLegacy(accept: string | undefined): boolean {
  return (
    accept !== undefined &&
    accept.includes('application/json') &&
    !accept.includes('application/graphql-response+json')
  );
}

function subscriptionRefusal(): GraphQLError {
  return new GraphQLError('Subscriptions are served over a WebSocket (graphql-transport-ws) on this path.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}

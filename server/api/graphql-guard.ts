/**
 * Parses and validates documents received over a WebSocket and checks their cost, as Apollo does for HTTP. Valid
 * documents are cached, so that a thousand clients with the same subscription need a single validation.
 */

import type { DocumentNode, ExecutionArgs, GraphQLSchema } from 'graphql';
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

import type { CostGuard, DocumentLimits } from './limits.js';
import { documentLimitsRule } from './limits.js';
import type { OperationRequest, ResolveOperation } from './operations.js';
import { roundedIntegerProblem } from './rounded-integers.js';

const MAX_KNOWN_DOCUMENTS = 500;
const MAX_ERRORS = 20;

interface SubscribeRequest extends OperationRequest {
  /** Empty for an operation sent by its hash. */
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** Returns the arguments of the execution, or the errors to send. Never throws. */
export type SubscriptionGuard = (request: SubscribeRequest) => ExecutionArgs | readonly GraphQLError[];

export function createSubscriptionGuard(options: {
  schema: GraphQLSchema;
  limits: DocumentLimits;
  costGuard: CostGuard;
  hasIntrospection: boolean;
  resolveOperation: ResolveOperation;
}): SubscriptionGuard {
  const { schema, limits, costGuard, hasIntrospection, resolveOperation } = options;
  const rules = [
    ...specifiedRules,
    ...(hasIntrospection ? [] : [NoSchemaIntrospectionCustomRule]),
    documentLimitsRule(limits),
  ];
  const known = new LRUCache<string, DocumentNode>({ max: MAX_KNOWN_DOCUMENTS });

  const read = (query: string): DocumentNode | readonly GraphQLError[] => {
    const document = known.get(query) ?? parseDocument(query, limits.maxTokens);
    if (document instanceof GraphQLError) return [document];
    if (known.has(query)) return document;
    const errors = validate(schema, document, rules, { maxErrors: MAX_ERRORS });
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    known.set(query, document);
    return document;
  };

  return (request) => {
    const { operationName, variables } = request;
    const text = resolveOperation(request);
    if (text instanceof GraphQLError) return [text];
    const document = read(text ?? '');
    if (!('kind' in document)) return document;
    const operation = getOperationAST(document, operationName);
    if (operation == null)
      return [failure('There is no such operation in the document.', 'OPERATION_RESOLUTION_FAILURE')];
    if (operation.operation !== 'subscription') {
      return [
        failure('Only subscriptions are served over a WebSocket; send this by POST.', 'SUBSCRIPTIONS_ONLY'),
      ];
    }
    const rounded = roundedIntegerProblem(variables);
    if (rounded !== null) return [failure(rounded, 'BAD_USER_INPUT')];
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, {
      maxErrors: MAX_ERRORS,
    });
    if (errors !== undefined) return errors.map((error) => withCode(error, 'BAD_USER_INPUT'));
    const refusal = costGuard({ document, operationName, variables });
    if (refusal !== null) return [refusal];
    return { schema, document, operationName: operationName ?? null, variableValues: variables ?? null };
  };
}

function parseDocument(query: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    return error instanceof GraphQLError
      ? withCode(error, 'GRAPHQL_PARSE_FAILED')
      : failure('The document cannot be parsed.', 'GRAPHQL_PARSE_FAILED');
  }
}

function failure(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { code } });
}

/**
 * Limits of a document: depth, aliases and directives, where a fragment counts at every spread; and the cost of the
 * operation, which includes the sizes of lists. The same for HTTP and WebSocket.
 */

import type {
  DocumentNode,
  FragmentDefinitionNode,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
  ValidationRule,
} from 'graphql';
import { getOperationAST, getVariableValues, GraphQLError, Kind } from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';

export interface DocumentLimits {
  /** Nested fields; default 12. */
  readonly maxDepth: number;
  /** Fields with an alias, default 30. */
  readonly maxAliases: number;
  /** Directives in use, default 20. */
  readonly maxDirectives: number;
  /** Tokens of the document, default 2,000; send long inputs as variables. */
  readonly maxTokens: number;
  /** Cost: about the number of values in the largest possible answer, and 1,000 for each ranking; default 15,000. */
  readonly maxCost: number;
}

export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = {
  maxDepth: 12,
  maxAliases: 30,
  maxDirectives: 20,
  maxTokens: 2_000,
  maxCost: 15_000,
};

interface Extent {
  depth: number;
  aliases: number;
  directives: number;
}

/** A validation rule that refuses documents beyond the limits. */
export function documentLimitsRule(limits: DocumentLimits): ValidationRule {
  return (context) => ({
    Document(document) {
      const measure = createMeasure(document);
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        const problem = problemOf(definition, measure, limits);
        if (problem !== null) context.reportError(new GraphQLError(problem, { nodes: definition }));
      }
    },
  });
}

function problemOf(
  operation: OperationDefinitionNode,
  measure: (selections: SelectionSetNode) => Extent,
  limits: DocumentLimits,
): string | null {
  const extent = measure(operation.selectionSet);
  const directives = extent.directives + (operation.directives?.length ?? 0);
  const isIntrospection = operation.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
  );
  // The library itself limits the depth of introspection, whose usual query is deep.
  if (!isIntrospection && extent.depth > limits.maxDepth) {
    return `The operation is nested deeper than ${limits.maxDepth} fields.`;
  }
  if (extent.aliases > limits.maxAliases) return `The operation has more than ${limits.maxAliases} aliases.`;
  if (directives > limits.maxDirectives)
    return `The operation has more than ${limits.maxDirectives} directives.`;
  return null;
}

/** Measures a selection set with the fragments it spreads; each fragment is visited once. */
function createMeasure(document: DocumentNode): (selections: SelectionSetNode) => Extent {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Extent>();

  const ofFragment = (name: string): Extent => {
    let extent = known.get(name);
    if (extent === undefined) {
      // Set first, so that a cycle of fragments, which a rule of the library reports, does not recurse forever.
      known.set(name, { depth: 0, aliases: 0, directives: 0 });
      const fragment = fragments.get(name);
      extent =
        fragment === undefined ? { depth: 0, aliases: 0, directives: 0 } : measure(fragment.selectionSet);
      known.set(name, extent);
    }
    return extent;
  };

  const measure = ({ selections }: SelectionSetNode): Extent => {
    const sum: Extent = { depth: 0, aliases: 0, directives: 0 };
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : selection.selectionSet === undefined
            ? null
            : measure(selection.selectionSet);
      sum.depth = Math.max(sum.depth, (inner?.depth ?? 0) + (isField ? 1 : 0));
      sum.aliases += (inner?.aliases ?? 0) + (isField && selection.alias !== undefined ? 1 : 0);
      sum.directives += (inner?.directives ?? 0) + (selection.directives?.length ?? 0);
    }
    return sum;
  };
  return measure;
}

const ESTIMATORS = [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })];
const MAX_KNOWN_COSTS = 64;

interface CostRequest {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Returns an error for an operation that costs too much, else null. */
export type CostGuard = (request: CostRequest) => GraphQLError | null;

/**
 * Costs are cached per document and per the properties of variables that affect them: the value of an Int or a Boolean,
 * whether a Float is above zero, and whether a variable of any further type is set.
 */
export function createCostGuard(schema: GraphQLSchema, maxCost: number): CostGuard {
  const known = new WeakMap<DocumentNode, Map<string, number>>();
  return (request) => {
    const operation = getOperationAST(request.document, request.operationName);
    if (operation == null) return null;
    let costs = known.get(request.document);
    if (costs === undefined) known.set(request.document, (costs = new Map()));
    const key = costKey(operation, request.variables ?? {});
    let cost = costs.get(key);
    if (cost === undefined) {
      cost = costOf(schema, operation, request);
      if (costs.size < MAX_KNOWN_COSTS) costs.set(key, cost);
    }
    if (cost <= maxCost) return null;
    return new GraphQLError(
      `The operation costs ${cost}, more than the ${maxCost} allowed; ask for fewer rows or fields.`,
      {
        // Apollo responds to errors of plugins with 500 unless a status is set.
        extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } },
      },
    );
  };
}

function costKey(operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): string {
  let key = operation.name?.value ?? '';
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    const value = variables[variable.name.value];
    const isFloat = named.kind === Kind.NAMED_TYPE && named.name.value === 'Float';
    if (typeof value === 'number') key += `|${isFloat ? value > 0 : value}`;
    else key += `|${typeof value === 'boolean' ? value : value === null ? 'null' : typeof value}`;
  }
  return key;
}

function costOf(schema: GraphQLSchema, operation: OperationDefinitionNode, request: CostRequest): number {
  const variables = { ...request.variables };
  try {
    const options = { schema, query: request.document, variables, estimators: ESTIMATORS };
    return getComplexity(
      request.operationName == null ? options : { ...options, operationName: request.operationName },
    );
  } catch {
    // Invalid variables cost 0: execution refuses them with a better message. All further errors refuse the operation.
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
      maxErrors: 1,
    });
    return errors === undefined ? Infinity : 0;
  }
}

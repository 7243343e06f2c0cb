/**
 * Operations registered at build time. A caller may send an operation's hash instead of its text, as `documentId` or as
 * `extensions.persistedQuery.sha256Hash`; an installation may serve only registered operations. Requests never register
 * operations.
 */

import { createHash } from 'node:crypto';

import { GraphQLError } from 'graphql';

const HASH = /^(?:sha256:)?([0-9a-f]{64})$/;

/** Unvalidated input of a caller. */
export interface OperationRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** Returns the text to execute, null if the request contains no operation, or the refusal. */
export type ResolveOperation = (request: OperationRequest) => string | null | GraphQLError;

/**
 * Texts by hash, from a manifest: a JSON object of texts by "sha256:" and hexadecimal digits, or the digits alone.
 * Throws for a malformed manifest, and if a hash does not match its text.
 */
export function readManifest(manifest: string): ReadonlyMap<string, string> {
  const operations = new Map<string, string>();
  for (const [id, text] of Object.entries(JSON.parse(manifest) as Record<string, unknown>)) {
    const hash = hashOf(id);
    if (hash === null || typeof text !== 'string' || sha256(text) !== hash)
      throw new Error(`"${id}" is not the SHA-256 of its operation.`);
    operations.set(hash, text);
  }
  return operations;
}

/** `isOnly`: serves only registered operations, by hash or by their exact text. */
export function createOperations(operations: ReadonlyMap<string, string>, isOnly: boolean): ResolveOperation {
  const texts = new Set(operations.values());
  return (request) => {
    const text = typeof request.query === 'string' && request.query !== '' ? request.query : null;
    const id = idOf(request);
    if (id !== null) {
      const hash = hashOf(id);
      const registered = hash === null ? undefined : operations.get(hash);
      if (registered !== undefined && text !== null && sha256(text) !== hash)
        return refusal('The hash does not match the operation.', 'PERSISTED_QUERY_MISMATCH');
      if (registered !== undefined) return registered;
      // Apollo clients match this message and then send the text.
      if (text === null) return refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND');
    }
    if (isOnly && text !== null && !texts.has(text))
      return refusal('This server serves registered operations only.', 'PERSISTED_QUERY_REQUIRED');
    return text;
  };
}

function idOf({ documentId, extensions }: OperationRequest): string | null {
  if (typeof documentId === 'string') return documentId;
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  const hash = persistedQuery?.sha256Hash;
  return typeof hash === 'string' ? hash : null;
}

function hashOf(id: string): string | null {
  return HASH.exec(id)?.[1] ?? null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function refusal(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

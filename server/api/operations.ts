/**
 * Operations registered at build time. A caller may send the hash of one instead of its text, as `documentId` or as
 * `extensions.persistedQuery.sha256Hash`; an installation may serve these and no others. Nothing is ever registered
 * by a request.
 */

import { createHash } from 'node:crypto';

import { GraphQLError } from 'graphql';

const HASH = /^(?:sha256:)?([0-9a-f]{64})$/;

/** What a caller sends, of which nothing has been checked. */
export interface OperationRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** Returns the text to serve, null where the caller names none, or the refusal. */
export type ResolveOperation = (request: OperationRequest) => string | null | GraphQLError;

/**
 * Texts by hash, from a manifest: a JSON object of texts by "sha256:" and hexadecimal digits, or the digits alone.
 * Throws when it is none, or when a hash is not that of its text.
 */
export function readManifest(manifest: string): ReadonlyMap<string, string> {
  const operations = new Map<string, string>();
  for (const [id, text] of Object.entries(JSON.parse(manifest) as Record<string, unknown>)) {
    const hash = hashOf(id);
    if (hash === null || typeof text !== 'string' || sha256(text) !== hash)
      throw new Error(`"${id}" is not the SHA-256 of the operation it stands for.`);
    operations.set(hash, text);
  }
  return operations;
}

/** `isOnly`: nothing but registered operations is served, by hash or by their exact text. */
export function createOperations(operations: ReadonlyMap<string, string>, isOnly: boolean): ResolveOperation {
  const texts = new Set(operations.values());
  return (request) => {
    const text = typeof request.query === 'string' && request.query !== '' ? request.query : null;
    const id = idOf(request);
    if (id !== null) {
      const hash = hashOf(id);
      const registered = hash === null ? undefined : operations.get(hash);
      if (registered !== undefined && text !== null && sha256(text) !== hash)
        return refusal('The hash is not that of the operation.', 'PERSISTED_QUERY_MISMATCH');
      if (registered !== undefined) return registered;
      // Clients know this message, and send the text.
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

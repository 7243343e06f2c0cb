/** Persisted operations: the server has them from build time, so that requests send hashes instead of texts. */

import type { DocumentNode } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';

/** The SHA-256 that the code generator wrote beside the document, hexadecimal; undefined for any other document. */
export function hashOf(document: DocumentNode): string | undefined {
  const { __meta__: meta } = document as DocumentNode & { __meta__?: { hash?: string } };
  return meta?.hash?.replace(/^sha256:/, '');
}

/** The request extension that refers to a persisted operation. */
export function extensionsFor(hash: string): { persistedQuery: { version: 1; sha256Hash: string } } {
  return { persistedQuery: { version: 1, sha256Hash: hash } };
}

/** True if the server, from a different build, does not have the hash and needs the text. */
export function isUnknownHash(errors: unknown): boolean {
  return Array.isArray(errors) && errors[0]?.message === 'PersistedQueryNotFound';
}

/** Wraps a socket client to send hashes without texts, until the server reports a hash as unknown. */
export function sendHashes(socket: Client): Client {
  const unknown = new Set<unknown>();
  return {
    ...socket,
    subscribe(payload, sink) {
      const hash = sha256Of(payload);
      const isHashed = hash !== undefined && !unknown.has(hash);
      return socket.subscribe(isHashed ? { ...payload, query: '' } : payload, {
        ...sink,
        error(reason) {
          // The next attempt sends the text.
          if (isUnknownHash(reason)) unknown.add(hash);
          sink.error(reason);
        },
      });
    },
  };
}

function sha256Of({ extensions }: SubscribePayload): string | undefined {
  return (extensions?.['persistedQuery'] as { sha256Hash?: string } | undefined)?.sha256Hash;
}

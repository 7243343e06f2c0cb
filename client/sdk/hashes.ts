/** Operations are registered with the server at build time, so that their hashes are sent, not their texts. */

import type { DocumentNode } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';

/** The SHA-256 that the code generator wrote beside the document, hexadecimal; undefined for any other document. */
export function hashOf(document: DocumentNode): string | undefined {
  const { __meta__: meta } = document as DocumentNode & { __meta__?: { hash?: string } };
  return meta?.hash?.replace(/^sha256:/, '');
}

/** What names a registered operation in a request. */
export function extensionsFor(hash: string): { persistedQuery: { version: 1; sha256Hash: string } } {
  return { persistedQuery: { version: 1, sha256Hash: hash } };
}

/** True for the errors of a server that does not know a hash, being of another build: it wants the text. */
export function isUnknownHash(errors: unknown): boolean {
  return Array.isArray(errors) && errors[0]?.message === 'PersistedQueryNotFound';
}

/** The same socket, leaving the text out where there is a hash, until the server says that it does not know it. */
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

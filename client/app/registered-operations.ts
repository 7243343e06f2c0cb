/** The client's operations are registered with the server at build time, so that it sends their hashes, not their texts. */

import type { DocumentNode } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';

/** The hash that the code generator wrote beside the document, hexadecimal. Throws for any other document. */
export function hashOf(document: DocumentNode): string {
  const hash = (document as DocumentNode & { __meta__?: { hash?: string } }).__meta__?.hash;
  if (hash === undefined)
    throw new Error('Operations belong into client/graphql, where they are registered.');
  return hash.replace(/^sha256:/, '');
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
          // A server of another build: the next attempt sends the text.
          if (Array.isArray(reason) && reason[0]?.message === 'PersistedQueryNotFound') unknown.add(hash);
          sink.error(reason);
        },
      });
    },
  };
}

function sha256Of({ extensions }: SubscribePayload): string | undefined {
  return (extensions?.['persistedQuery'] as { sha256Hash?: string } | undefined)?.sha256Hash;
}

/**
 * Builds Relay connections from a page of the store or from a complete list.
 */

import type { Connection } from '../../schema/index.js';
import { InvalidCursorError } from '../domain/index.js';

import type { Listing } from './cursor.js';
import { decodeCursor, encodeCursor } from './cursor.js';

interface ConnectionSource<Row, Node> {
  readonly listing: Listing;
  readonly keyOf: (row: Row) => string;
  readonly toNode: (row: Row) => Node;
}

/** A connection over a page that the store has already cut. */
export function connectionOfPage<Row, Node>(
  page: { readonly rows: readonly Row[]; readonly hasNextPage: boolean },
  after: string | null | undefined,
  { listing, keyOf, toNode }: ConnectionSource<Row, Node>,
): Connection<Node> {
  const edges = page.rows.map((row) => ({ cursor: encodeCursor(listing, keyOf(row)), node: toNode(row) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: after != null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** A connection over a complete list. Throws InvalidCursorError if the row of the cursor no longer exists. */
export function connectionOfList<Row, Node>(
  rows: readonly Row[],
  { first, after }: { readonly first: number; readonly after: string | null | undefined },
  source: ConnectionSource<Row, Node>,
): Connection<Node> {
  const key = decodeCursor(source.listing, after);
  const start = key === null ? 0 : rows.findIndex((row) => source.keyOf(row) === key) + 1;
  if (key !== null && start === 0) {
    throw new InvalidCursorError(
      `The row of this "${source.listing.name}" cursor no longer exists; start from the first page.`,
    );
  }
  const end = start + first;
  return connectionOfPage({ rows: rows.slice(start, end), hasNextPage: end < rows.length }, after, source);
}

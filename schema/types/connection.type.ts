/** Relay connections: one factory, so that every listing pages in the same way. */

import type { ClassType } from 'type-graphql';
import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', { simpleResolvers: true, description: 'Where a page stands in its listing.' })
export class PageInfoType {
  @Field(() => Boolean, {
    description: 'True when there is more after this page: ask again with `after: endCursor`.',
  })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'True when this page was asked for with `after`, so that something came before it.',
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the first edge; null for an empty page.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the last edge; null for an empty page.',
  })
  endCursor!: string | null;
}

export interface Edge<T> {
  cursor: string;
  node: T;
}

export interface Connection<T> {
  edges: Edge<T>[];
  nodes: T[];
  pageInfo: PageInfoType;
}

/** The connection and edge types for one node type; `plural` is for the descriptions. */
export function connectionOf<T extends object>(
  name: string,
  plural: string,
  node: ClassType<T>,
): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, {
    simpleResolvers: true,
    description: `One of the ${plural} of a page, with its cursor.`,
  })
  class EdgeType {
    @Field(() => String, { description: 'Opaque and stable; good as `after` in the same listing only.' })
    cursor!: string;

    @Field(() => node, { description: 'What stands at this place.' })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of ${plural}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: `The ${plural} of this page with their cursors.` })
    edges!: EdgeType[];

    @Field(() => [node], { description: `The ${plural} of this page, for callers that need no cursors.` })
    nodes!: T[];

    @Field(() => PageInfoType, { description: 'Where this page stands.' })
    pageInfo!: PageInfoType;
  }
  return ConnectionType;
}

/** Relay connections: a single factory, so that all listings use the same pagination. */

import type { ClassType } from 'type-graphql';
import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', { simpleResolvers: true, description: 'Position of a page in its listing.' })
class PageInfoType {
  @Field(() => Boolean, {
    description: 'True if there are further pages; request the next with `after: endCursor`.',
  })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'True if this page was requested with `after`.',
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

interface Edge<T> {
  cursor: string;
  node: T;
}

export interface Connection<T> {
  edges: Edge<T>[];
  nodes: T[];
  pageInfo: PageInfoType;
}

/** The connection and edge types of a node type; `plural` is for the descriptions. */
export function connectionOf<T extends object>(
  name: string,
  plural: string,
  node: ClassType<T>,
): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, {
    simpleResolvers: true,
    description: `An edge of a page of ${plural}.`,
  })
  class EdgeType {
    @Field(() => String, { description: 'Opaque and stable; valid as `after` in the same listing only.' })
    cursor!: string;

    @Field(() => node, { description: 'The node.' })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of ${plural}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: `The ${plural} of this page with their cursors.` })
    edges!: EdgeType[];

    @Field(() => [node], { description: `The ${plural} of this page without cursors.` })
    nodes!: T[];

    @Field(() => PageInfoType, { description: 'Position of this page.' })
    pageInfo!: PageInfoType;
  }
  return ConnectionType;
}

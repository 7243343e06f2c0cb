/** Publishable keys, for admins: create, list and revoke them. */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';

import { CreatedPublishableKeyType, PublishableKeyType } from '../../schema/index.js';
import type { PublishableKey } from '../domain/index.js';

import { Access } from './access.js';
import { costOfRows } from './arguments.js';
import type { ApiContext } from './context.js';

@Resolver()
export class PublishableKeyResolver {
  @Access('admin')
  @Query(() => [PublishableKeyType], {
    complexity: costOfRows(20),
    description: 'All publishable keys, newest first.',
  })
  async publishableKeys(@Ctx() { services }: ApiContext): Promise<PublishableKeyType[]> {
    return (await services.publishableKeys.keys()).map(toKey);
  }

  @Access('admin')
  @Mutation(() => CreatedPublishableKeyType, { description: 'Creates a publishable key.' })
  async createPublishableKey(
    @Ctx() { services, actor }: ApiContext,
    @Arg('label', () => String, { description: 'What the key is for, 1 to 60 characters.' }) label: string,
    @Arg('origins', () => [String], {
      description: 'Pages of these origins may use it, up to 20, such as "https://shop.example".',
    })
    origins: string[],
  ): Promise<CreatedPublishableKeyType> {
    const { key, info } = await services.audit.run(
      { actor, action: 'create-key', target: null },
      () => services.publishableKeys.create(label, origins),
      (created) => ({ target: created.info.keyId }),
    );
    return { key, info: toKey(info) };
  }

  @Access('admin')
  @Mutation(() => Boolean, {
    description:
      'Revokes a publishable key. Every instance refuses it within a second and closes its sockets with 4403. False if there is no such key.',
  })
  revokePublishableKey(
    @Ctx() { services, actor }: ApiContext,
    @Arg('id', () => ID, { description: 'The id of the key.' }) id: string,
  ): Promise<boolean> {
    return services.audit.run(
      { actor, action: 'revoke-key', target: id },
      () => services.publishableKeys.revoke(id),
      (wasThere) => ({ outcome: wasThere ? 'done' : 'refused' }),
    );
  }
}

function toKey({ keyId, label, origins, createdAt, lastUsedAt }: PublishableKey): PublishableKeyType {
  return { id: keyId, label, origins, createdAt, lastUsedAt };
}

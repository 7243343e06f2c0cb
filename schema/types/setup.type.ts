/** The set-up of an installation. */

import { Field, ObjectType } from 'type-graphql';

@ObjectType('Setup', {
  simpleResolvers: true,
  description: 'How far the set-up of this installation has come.',
})
export class SetupType {
  @Field(() => Boolean, { description: 'True once events have been recorded.' })
  hasEvents!: boolean;

  @Field(() => Boolean, { description: 'True once the catalogue has items.' })
  hasItems!: boolean;

  @Field(() => Boolean, { description: 'True once a model is active.' })
  hasModel!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True once a thumb has been given; null while differential privacy is on.',
  })
  hasThumb!: boolean | null;
}

/** History of imports, and the set-up of an installation. */

import { Ctx, Query, Resolver } from 'type-graphql';

import { ImportRecordType, SetupType } from '../../schema/index.js';

import { Access } from './access.js';
import { costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';
import { toImport } from './views.js';

@Resolver()
export class ImportResolver {
  @Access('admin')
  @Query(() => [ImportRecordType], {
    complexity: costOfPage,
    description: 'Finished imports of files, newest first.',
  })
  async imports(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'imports' }) first: number,
  ): Promise<ImportRecordType[]> {
    return (await services.imports.imports(first)).map(toImport);
  }

  @Access('admin')
  @Query(() => SetupType, { description: 'How far the set-up of this installation has come.' })
  setup(@Ctx() { services }: ApiContext): Promise<SetupType> {
    return services.setup.steps();
  }
}

import { createPool, type Pool } from '@pool/core';
import type { MysqlConnection } from './connection.ts';
import { MysqlFactory, type FactoryParts } from './factory.ts';
import type { ResolvedMysqlOptions } from './options.ts';

/** The engine and what it knows of MySQL, for whichever surface is put before them. */
export interface Assembly {
  readonly core: Pool<MysqlConnection>;
  readonly factory: MysqlFactory;
}

export function assemble(
  options: ResolvedMysqlOptions,
  hooks: Pick<FactoryParts, 'classify' | 'onAbandoned' | 'onOpened' | 'open'>,
): Assembly {
  const retire = (connection?: MysqlConnection): void => {
    if (connection === undefined) core.clear();
    else core.evict((each) => each === connection);
  };
  const factory = new MysqlFactory({ ...options, ...hooks, retire });
  const core = createPool(factory, options.pool);
  return { core, factory };
}

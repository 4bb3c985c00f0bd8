export { runDemo, type Demo } from './demo.ts';
export { withDatabase, type OwnServer } from './own-server.ts';
export { type Surroundings } from './surroundings.ts';
export { type ExtraFlag, type ExtraFlags } from './arguments.ts';

// what a database's demo implements
export {
  LATEST_TRANSFERS,
  OverdraftError,
  UnknownAccountError,
  type Account,
  type Bank,
  type Profile,
  type Transfer,
  type TransferOrder,
  type User,
} from './bank.ts';
export { type Opening } from './opening.ts';
export { type Pools } from './pool-figures.ts';

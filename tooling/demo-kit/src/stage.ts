import { type DemoArguments } from './arguments.ts';
import { type Bank } from './bank.ts';
import { type Opening } from './opening.ts';
import { type Surroundings } from './surroundings.ts';

/** An open bank, and all that is needed to show it. */
export interface Stage extends Surroundings {
  readonly name: string;
  readonly bank: Bank;
  readonly opening: Opening;
  readonly options: DemoArguments;
}

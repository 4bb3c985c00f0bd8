import { ArgumentError, readArguments, usageOf, type DemoArguments, type ExtraFlags } from './arguments.ts';
import { type Bank } from './bank.ts';
import { openingOf } from './opening.ts';
import { runOnce } from './run-once.ts';
import { serve } from './serve.ts';
import { surroundingsOf, type Surroundings } from './surroundings.ts';

/** The demo of one database. */
export interface Demo {
  readonly name: string;
  /** Flags that only this demo has. */
  readonly flags?: ExtraFlags;
  /** Opens the bank; `values` are those of the flags. */
  open(values: DemoArguments['extra']): Bank | Promise<Bank>;
}

const OK = 0;
const FAILED = 1;
const MISUSED = 2;

const USERS = 500;

/** Does what the command line asks for; resolves with the exit code. */
export async function runDemo(demo: Demo, given: Partial<Surroundings> = {}): Promise<number> {
  const surroundings = surroundingsOf(given);
  try {
    return await perform(demo, surroundings);
  } catch (error) {
    const isMisuse = error instanceof ArgumentError;
    const help = isMisuse ? `\n\n${usageOf(demo.name, demo.flags ?? {})}` : '';
    surroundings.stderr.write(`${demo.name}: ${describe(error)}${help}\n`);
    return isMisuse ? MISUSED : FAILED;
  } finally {
    surroundings.interruption.dispose();
  }
}

async function perform(demo: Demo, surroundings: Surroundings): Promise<number> {
  const flags = demo.flags ?? {};
  const options = readArguments(surroundings.argv, surroundings.env, flags);
  if (options.mode === 'help') {
    surroundings.stdout.write(`${usageOf(demo.name, flags)}\n`);
    return OK;
  }
  const bank = await demo.open(options.extra);
  try {
    const opening = openingOf(USERS);
    await bank.seed(opening);
    const stage = { ...surroundings, name: demo.name, bank, opening, options };
    const isGood = options.mode === 'serve' ? await serve(stage) : await runOnce(stage);
    return isGood ? OK : FAILED;
  } finally {
    await bank.close();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ArgumentError) return error.message;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  // What it says of the configuration is all that there is to say.
  if (code === 'POOL_INVALID_CONFIG') return error.message;
  if (code === 'EADDRINUSE') return `port ${port} is in use; choose another one with --port`;
  return error.stack ?? error.message;
}

import { listenForSignals, type Interruption } from './signals.ts';

/** What a demo touches of the process; tests bring their own. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** For results. */
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  /** For people who watch. */
  readonly stderr: NodeJS.WriteStream;
  readonly interruption: Interruption;
}

export function surroundingsOf(given: Partial<Surroundings>): Surroundings {
  return {
    argv: given.argv ?? process.argv.slice(2),
    env: given.env ?? process.env,
    stdout: given.stdout ?? process.stdout,
    stderr: given.stderr ?? process.stderr,
    interruption: given.interruption ?? listenForSignals(),
  };
}

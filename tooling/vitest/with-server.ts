import type { ViteUserConfig } from 'vitest/config';
import { say } from '../testbed/src/servers/say.ts';

/** A kind of server that tests need. */
export interface ServerKind {
  readonly name: string;
  /** The globalSetup that starts it. */
  readonly setup: string;
  /** Why this machine cannot have one; undefined when it can. Starts nothing. */
  why(): Promise<string | undefined>;
}

/**
 * One server for the whole run.
 *
 * @param tests the files that need it. On a machine that cannot have a server they fail in CI, and are left out elsewhere.
 */
export async function withServer(
  config: ViteUserConfig,
  server: ServerKind,
  tests: string,
): Promise<ViteUserConfig> {
  const reason = process.env['CI'] === undefined ? await server.why() : undefined;
  if (reason !== undefined) {
    say(`NO ${server.name.toUpperCase()}, ITS TESTS DO NOT RUN: ${reason}`);
    const exclude = [...(config.test?.exclude ?? []), tests];
    return { ...config, test: { ...config.test, exclude, passWithNoTests: true } };
  }
  const globalSetup = [config.test?.globalSetup ?? [], server.setup].flat();
  return { ...config, test: { ...config.test, globalSetup } };
}

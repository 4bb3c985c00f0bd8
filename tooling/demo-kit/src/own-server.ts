/** A database server that runs for as long as the demo does. */
export interface OwnServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The environment with a database in it: the one that was given, or else that of a server started for it. */
export async function withDatabase(
  env: NodeJS.ProcessEnv,
  start: () => Promise<OwnServer>,
): Promise<{ env: NodeJS.ProcessEnv; stop(): Promise<void> }> {
  if (env['DATABASE_URL'] !== undefined || env['DATABASE_URL_FILE'] !== undefined) {
    return { env, stop: () => Promise.resolve() };
  }
  const server = await start();
  return { env: { ...env, DATABASE_URL: server.url }, stop: () => server.stop() };
}

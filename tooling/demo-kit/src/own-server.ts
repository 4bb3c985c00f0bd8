interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** How a demo gets a database when nobody gave it one. */
export interface OwnServer {
  start(): Promise<Server>;
  freshDatabase(server: { readonly url: string }): Promise<{ readonly url: string; drop(): Promise<void> }>;
}

/** The environment with a database in it: the one that was given, or one on a server that runs for as long as the demo does. */
export async function withDatabase(
  env: NodeJS.ProcessEnv,
  load: () => Promise<OwnServer>,
): Promise<{ env: NodeJS.ProcessEnv; stop(): Promise<void> }> {
  if (env['DATABASE_URL'] !== undefined || env['DATABASE_URL_FILE'] !== undefined) {
    return { env, stop: () => Promise.resolve() };
  }
  const { start, freshDatabase } = await load();
  const server = await start();
  const { url, drop } = await freshDatabase(server);
  const stop = async (): Promise<void> => {
    await drop();
    await server.stop();
  };
  return { env: { ...env, DATABASE_URL: url }, stop };
}

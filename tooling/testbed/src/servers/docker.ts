import type { StartedTestContainer } from 'testcontainers';
import { say } from './say.ts';

/** How testcontainers is to start a server. */
export interface ContainerOptions {
  image: string;
  port: number;
  environment: Record<string, string>;
  command: string[];
}

/** Starts a container; undefined, and one line that says why, when there is no Docker engine or it cannot start the image. */
export async function startContainer(options: ContainerOptions): Promise<StartedTestContainer | undefined> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined;
  }
  try {
    return await new GenericContainer(options.image)
      .withEnvironment(options.environment)
      .withExposedPorts(options.port)
      .withCommand(options.command)
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(120_000)
      .start();
  } catch (error) {
    say(`Docker answers, but cannot start ${options.image}: ${(error as Error).message.split('\n', 1)[0]}`);
    return undefined;
  }
}

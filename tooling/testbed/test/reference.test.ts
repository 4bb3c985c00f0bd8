import { afterAll } from 'vitest';
import { describeAdapter } from '../src/index.ts';
import { referenceAdapter } from './reference/adapter.ts';
import { ReferenceServer } from './reference/server.ts';

const server = new ReferenceServer();
const address = await server.start();
afterAll(() => server.stop());

describeAdapter(referenceAdapter(server, address));

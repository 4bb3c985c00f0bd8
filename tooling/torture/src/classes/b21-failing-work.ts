import { judge, type Program } from '../program.ts';
import { open } from '../request.ts';
import { Server } from '../server.ts';

const ROUNDS = 20;

export const program: Program = {
  id: 'B21',
  title: 'An ordinary error of the work does not cost the connection',
  needs: ['use'],
  async run(adapter) {
    const server = new Server();
    const pool = open(adapter, server);
    let failures = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await pool.use!(() => Promise.reject(new Error('division by zero'))).catch(() => failures++);
    }
    return judge(
      server.created === 1 && failures === ROUNDS,
      `${failures} works failed one after another: ${server.created} connection(s) opened`,
    );
  },
};

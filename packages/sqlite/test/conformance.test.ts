import { writeFileSync } from 'node:fs';
import { describeAdapter } from '@pool/testbed';
import Driver from 'better-sqlite3';
import { file, MODES, run } from './support/fixture.ts';
import { countTo, openPart, table, threads, values, type Connection, type Part } from './support/part.ts';

const NONE = 'no server, no network: a file';
const differs = { network: NONE, serverCount: NONE, min: 'fixed', cancel: 'a native call cannot be cut' };
const ofRole = {
  reader: {
    differs: { transactions: 'on the writer', savepoints: 'on the writer', openTransaction: 'cannot write' },
    stream: (pool: Part, rows: number) => countTo(pool, rows),
  },
  writer: { differs: { severalConnections: 'one writes at a time', stream: 'on a reader' }, table },
};

for (const [mode, role] of MODES.flatMap((each) => [[each, 'reader'] as const, [each, 'writer'] as const])) {
  const open = (content: Buffer, options: object): Part => {
    const filename = file();
    writeFileSync(filename, content);
    return openPart(mode, role, filename, options);
  };
  const withTable = new Driver(':memory:').exec('CREATE TABLE texts (value)').serialize();
  const ofMode = mode === 'inline' ? { serverKill: 'no thread to lose' } : {};
  describeAdapter<Connection, Part>({
    ...ofRole[role],
    name: `@pool/sqlite, mode ${mode}, ${role}`,
    differs: { ...differs, ...ofMode, ...ofRole[role].differs },
    open: (options) => open(withTable, options),
    openRefused: (options) => open(Buffer.from('not a database '.repeat(50)), options),
    echo: async (c, token) => (await values(c, 'SELECT ?', token))[0],
    mistake: (c) => values(c, 'SELECT * FROM nowhere'),
    session: {
      soil: (c) => run(c, 'PRAGMA cache_size = 77'),
      isClean: async (c) => (await values(c, 'PRAGMA cache_size'))[0] !== 77,
    },
    ...(mode === 'worker' && { kill: () => threads[role]!.terminate() }),
  });
}

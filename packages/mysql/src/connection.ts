import type { Connection as DriverConnection } from 'mysql2';
import type { Connection } from 'mysql2/promise';

/**
 * What is lent: mysql2's own promise connection, always the same object for one session of the server.
 *
 * `connection` is the callback connection beneath it, for libraries that want that one.
 */
export type MysqlConnection = Connection & { readonly connection: DriverConnection };

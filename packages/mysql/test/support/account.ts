import type { MysqlPlace } from '@pool/testbed/mysql';
import type { Connection } from 'mysql2/promise';

/** An account without an administrator's rights, so that the server's limits hold for it. */
export interface Account {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export const PASSWORD = 'canary-77c1';

/** @param limits such as MAX_USER_CONNECTIONS 2 */
export async function createAccount(admin: Connection, place: MysqlPlace, limits = ''): Promise<Account> {
  const user = `u${Math.random().toString(36).slice(2, 10)}`;
  await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${PASSWORD}' ${limits}`);
  await admin.query(`GRANT ALL ON ${place.database}.* TO '${user}'@'%'`);
  return { ...place.address, user, password: PASSWORD, database: place.database };
}

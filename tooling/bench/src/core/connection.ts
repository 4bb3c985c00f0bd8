/** Stands for a connection: opening and closing it cost nothing, so what is measured is the pool. */
export interface Connection {
  readonly id: number;
}

let lastId = 0;

export function openConnection(): Promise<Connection> {
  return Promise.resolve({ id: ++lastId });
}

export function closeConnection(): Promise<void> {
  return Promise.resolve();
}

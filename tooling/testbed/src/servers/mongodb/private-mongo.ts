/** One member of a replica set. */
export interface MongoNode {
  /** `host:port` */
  readonly address: string;
  /** As a killed process: its sockets are reset, its port refuses. Resolves when it is gone. */
  stop(): Promise<void>;
  /** On the same port. Resolves when it listens. */
  start(): Promise<void>;
}

/** A replica set that a test may do anything to. Always of processes of this machine. */
export interface PrivateMongo {
  /** With the set's name, without a database. */
  readonly url: string;
  /** What kind of server it is. */
  readonly description: string;
  readonly nodes: readonly MongoNode[];
  /** The primary resigns, and is not elected again for so many seconds: of a single node that means no primary. */
  stepDown(seconds?: number): Promise<void>;
  /** Resets every client's socket on every node. */
  cutConnections(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** Ends it for good, with its data. */
  remove(): Promise<void>;
}

import { Binary, Long, Timestamp, type Document } from 'bson';

const INCREMENT_BITS = 32n;

/** The logical clock of the set: later with every reply, and what drivers pass on for causal consistency. */
export class ClusterClock {
  #now = 0n;

  tick(): Timestamp {
    const seconds = BigInt(Math.floor(Date.now() / 1000)) << INCREMENT_BITS;
    this.#now = (this.#now > seconds ? this.#now : seconds) + 1n;
    return new Timestamp(this.#now);
  }

  /** What every reply of a member of a set ends with. */
  stamp(): Document {
    const time = this.tick();
    const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO };
    return { operationTime: time, $clusterTime: { clusterTime: time, signature } };
  }
}

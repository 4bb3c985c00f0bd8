import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest turn of the event loop: by the clock, and what of its own turns this thread spent on the CPU. */
export interface LongestTurn {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Turns with the event loop, and remembers the longest turn. */
export class LoopProbe {
  #longestWallMs = 0;
  #longestCpuMs = 0;
  #lastWall = performance.now();
  #lastCpu = threadCpuMs();
  #isStopped = false;

  constructor() {
    setImmediate(this.#turn);
  }

  /** Resolves once the present turn is over, too. */
  async stop(): Promise<LongestTurn> {
    await nextTurn();
    this.#isStopped = true;
    this.#turn();
    return { wallMs: this.#longestWallMs, cpuMs: this.#longestCpuMs };
  }

  readonly #turn = (): void => {
    const wall = performance.now();
    const cpu = threadCpuMs();
    this.#longestWallMs = Math.max(this.#longestWallMs, wall - this.#lastWall);
    this.#longestCpuMs = Math.max(this.#longestCpuMs, cpu - this.#lastCpu);
    this.#lastWall = wall;
    this.#lastCpu = cpu;
    if (!this.#isStopped) setImmediate(this.#turn);
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

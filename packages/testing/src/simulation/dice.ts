import { seededRandom } from '../random.ts';

/** Choices that depend on nothing but the seed. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  pick<T>(among: readonly T[]): T {
    return among[this.below(among.length)]!;
  }

  /** Each by its weight. */
  weighted<T>(among: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.#random() * among.reduce((total, [weight]) => total + weight, 0);
    for (const [weight, item] of among) {
      left -= weight;
      if (left < 0) return item;
    }
    return among.at(-1)![1];
  }

  /** A random part of them, never none. */
  some<T>(among: readonly T[], share = 0.5): T[] {
    const some = among.filter(() => this.chance(share));
    return some.length > 0 ? some : [this.pick(among)];
  }
}

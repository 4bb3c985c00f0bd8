/** A binary heap of numbers. Pushing in ascending order, the usual case, is O(1). */
export class MinHeap {
  readonly #values: number[] = [];

  /** Infinity when empty. */
  get least(): number {
    return this.#values[0] ?? Infinity;
  }

  push(value: number): void {
    const values = this.#values;
    let at = values.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (values[parent]! <= value) break;
      values[at] = values[parent]!;
      at = parent;
    }
    values[at] = value;
  }

  /** Removes the least value. */
  pop(): void {
    const values = this.#values;
    const last = values.pop();
    if (last === undefined || values.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= values.length) break;
      if (child + 1 < values.length && values[child + 1]! < values[child]!) child++;
      if (values[child]! >= last) break;
      values[at] = values[child]!;
      at = child;
    }
    values[at] = last;
  }

  clear(): void {
    this.#values.length = 0;
  }
}

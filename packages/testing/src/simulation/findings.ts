/** The rules that were broken, each with what was seen first. */
export class Findings {
  readonly #broken = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#broken.size === 0;
  }

  /** As `rule: detail`, in the order of their discovery. */
  get list(): readonly string[] {
    return [...this.#broken].map(([rule, detail]) => (detail === '' ? rule : `${rule}: ${detail}`));
  }

  /** Tells one kind of finding from another, also between two runs. */
  get rules(): readonly string[] {
    return [...this.#broken.keys()];
  }

  add(rule: string, detail: string = ''): void {
    if (!this.#broken.has(rule)) this.#broken.set(rule, detail);
  }

  check(isKept: boolean, rule: string, detail?: () => string): void {
    if (!isKept) this.add(rule, detail?.());
  }
}

/** A number made of everything that happened, in its order: two runs with the same one were the same. */
export class Fingerprint {
  #hash = 0x811c9dc5;

  note(name: string, at: number): void {
    for (let index = 0; index < name.length; index++) this.#mix(name.charCodeAt(index));
    this.#mix(Math.round(at * 1_000));
  }

  get value(): number {
    return this.#hash;
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193) >>> 0;
  }
}

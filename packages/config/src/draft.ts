import type { ConfigProblem } from './config-error.ts';
import type { Driver } from './drivers.ts';

/** Where a value came from, and how one writes another one there. */
export interface Place {
  readonly where: string;
  write(text: string): string;
}

type Values = Record<string, unknown>;

/** One database as it was said, from several sources; remembers of each value where that was. */
export class Draft {
  readonly driver: Driver;
  readonly values: Values;
  readonly problems: ConfigProblem[] = [];
  readonly #places = new Map<string, Place>();
  readonly #elsewhere: (path: readonly string[]) => Place;

  /** @param elsewhere the place of what no other source said */
  constructor(driver: Driver, values: object, elsewhere: (path: readonly string[]) => Place) {
    this.driver = driver;
    this.values = { ...values, driver };
    this.#elsewhere = elsewhere;
  }

  placeOf(path: readonly string[]): Place {
    return this.#places.get(path.join('.')) ?? this.#elsewhere(path);
  }

  /** Says it anew: the later source counts. */
  set(path: readonly string[], value: unknown, place: Place): void {
    this.#places.set(path.join('.'), place);
    const [key = '', inner] = path;
    if (inner === undefined) this.values[key] = value;
    else if (isObject(this.values[key] ?? {}))
      this.values[key] = { ...(this.values[key] as Values | undefined), [inner]: value };
  }

  has(path: readonly string[]): boolean {
    return this.#places.has(path.join('.'));
  }

  /** @param example what to write there instead, when that helps */
  refuse(path: readonly string[], expected: string, example?: string): void {
    const place = this.placeOf(path);
    const write = example === undefined ? {} : { write: place.write(example) };
    this.problems.push({ where: place.where, expected, ...write });
  }
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A place within an object, a JSON or a YAML text. */
export function placeInObject(path: readonly string[]): Place {
  const key = path.at(-1) ?? '';
  return { where: path.join('.') || 'the configuration', write: (text) => `${key}: ${quoted(text)}` };
}

const quoted = (text: string): string => (/^([0-9.]+|true|false|\{.*\})$/.test(text) ? text : `'${text}'`);

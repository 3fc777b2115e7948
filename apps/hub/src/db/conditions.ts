/** The conditions of a `where` with their values, grown one by one. */
export class Conditions {
  readonly values: unknown[];
  readonly #all: string[] = [];

  /** What the statement has as its first parameters. */
  constructor(...values: unknown[]) {
    this.values = values;
  }

  /** The parameter's name in the statement. */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(condition: string): void {
    this.#all.push(condition);
  }

  /** Adds what `condition` makes of the parameter, unless the value is undefined. */
  given<T>(value: T | undefined, condition: (parameter: string, value: T) => string): void {
    if (value !== undefined) this.add(condition(this.parameter(value), value));
  }

  /** To stand behind a first condition. */
  toString(): string {
    return this.#all.map((condition) => ` and (${condition})`).join("");
  }
}

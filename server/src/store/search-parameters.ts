/** Adds a value to a statement that is put together from parts, and answers its place in it: $1, $2 … */
export interface Parameters {
  (value: unknown): string;
  readonly values: readonly unknown[];
}

export function createParameters(): Parameters {
  const values: unknown[] = [];
  return Object.assign((value: unknown) => `$${values.push(value)}`, { values });
}

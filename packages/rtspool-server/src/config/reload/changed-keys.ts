import { keysOf, valueAt } from '../key-schema.js'
import { type Config, keySchema } from '../schema.js'

/** Returns the positions of the keys whose values differ between two configurations. */
export function changedKeys(before: Config, after: Config): string[][] {
  return keysOf(keySchema())
    .map(({ path }) => [...path])
    .filter((path) => !isSame(valueAt(before, path), valueAt(after, path)))
}

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

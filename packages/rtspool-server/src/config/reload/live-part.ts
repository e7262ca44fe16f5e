import type { ConfigProblem } from '../problems.js'
import type { Settings } from '../settings.js'

/** A change that was checked and can be made. */
export interface PreparedChange {
  /** Names of changed things that are no keys, such as `certificate`. */
  readonly others?: readonly string[]
  /** Makes the change. */
  apply(): void
  /** Restores the state before `apply`. */
  undo(): void
}

/** A part of the server that a reload changes. */
export interface LivePart {
  /**
   * Checks a change and changes nothing.
   *
   * @returns `undefined` if there is nothing to change for this part.
   * @throws {ConfigError | Error} The change is impossible.
   */
  prepare(after: Settings, before: Settings): PreparedChange | undefined
}

/** Makes a problem of a key for the settings that it comes from. */
export function problemOfKey(
  { sourceOf }: Settings,
  path: readonly string[],
  says: string,
): ConfigProblem {
  const source = sourceOf(path)
  return { path, source, says, message: `${source} ${says}` }
}

import type { ConfigProblem } from '../problems.js'
import type { Settings } from '../settings.js'

/** A change that has been checked and can be made. */
export interface PreparedChange {
  /** Names of things other than keys that change, such as `certificate`. */
  readonly others?: readonly string[]
  /** Makes the change. */
  apply(): void
  /** Restores the state before `apply`. */
  undo(): void
}

/** A part of the running server that can use new settings. */
export interface LivePart {
  /**
   * Checks whether the part can use other settings. Changes nothing yet.
   *
   * @returns `undefined` if nothing differs for this part.
   * @throws {ConfigError | Error} The change is impossible.
   */
  prepare(after: Settings, before: Settings): PreparedChange | undefined
}

/** Creates the problem of a key, with the place that its value has in these settings. */
export function problemOfKey(
  { sourceOf }: Settings,
  path: readonly string[],
  says: string,
): ConfigProblem {
  const source = sourceOf(path)
  return { path, source, says, message: `${source} ${says}` }
}

import type { ConfigProblem } from '../problems.js'
import type { Settings } from '../settings.js'

/** A change of one part of the server that was checked, and can now be made. */
export interface PreparedChange {
  /** Names of changed things that are not configuration keys, such as `certificate`. */
  readonly others?: readonly string[]
  /** Makes the change. May throw; the changes of other parts are then undone. */
  apply(): void
  /** Restores the state before `apply`, after the change of another part has failed. */
  undo(): void
}

/** A part of the running server whose settings a reload can change. */
export interface LivePart {
  /**
   * Checks whether this part can use new settings, without changing it.
   *
   * @returns `undefined` if nothing differs for this part.
   * @throws {ConfigError | Error} The change is impossible.
   */
  prepare(after: Settings, before: Settings): PreparedChange | undefined
}

/** Creates the problem of a configuration key, with the place of its value in these settings. */
export function problemOfKey(
  { sourceOf }: Settings,
  path: readonly string[],
  says: string,
): ConfigProblem {
  const source = sourceOf(path)
  return { path, source, says, message: `${source} ${says}` }
}

import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { shown } from '../expected.js'
import { keysOf, nameOf, schemaAt, valueAt } from '../key-schema.js'
import type { ConfigSources } from '../load-config.js'
import { ConfigError, type ConfigProblem } from '../problems.js'
import { SerialQueue } from '../save/serial-queue.js'
import { keySchema } from '../schema.js'
import { loadSettings, type Settings } from '../settings.js'
import { changedKeys } from './changed-keys.js'
import { type LivePart, type PreparedChange, problemOfKey } from './live-part.js'

/** A key that the file changes without effect, because an option or a variable overrides it. */
export interface OverriddenKey {
  readonly key: string
  /**
   * Option or variable that overrides the file: `--max-sessions`, `RTSPOOL_LIMITS_MAX_SESSIONS`.
   */
  readonly by: string
}

/** Result of a reload, which applies either all changes or none. */
export interface ReloadResult {
  /** Cause of the reload: a signal, a changed file, or a user of the control API. */
  readonly by: string
  /** True if the server uses the configuration now, even if nothing differed. */
  readonly ok: boolean
  /** Names of the changed keys, and of other changed things such as `certificate`. */
  readonly changed: readonly string[]
  /**
   * Keys whose new values in the file have no effect, because an option or a variable overrides
   * them.
   */
  readonly overridden: readonly OverriddenKey[]
  /** Reasons why the reload was refused, and nothing has changed; empty after a success. */
  readonly problems: readonly ConfigProblem[]
}

export interface ConfigReloaderEvents {
  /** Emitted after each reload, with or without changes, and after a refusal. */
  reloaded: [result: ReloadResult]
}

/**
 * Applies another configuration to the running server. All changes are checked before the first one
 * is made. If a change then fails, those made before are undone.
 */
export class ConfigReloader extends EventEmitter<ConfigReloaderEvents> {
  readonly #sources: ConfigSources
  readonly #parts: readonly LivePart[]
  readonly #changes = new SerialQueue()
  #current: Settings

  constructor(sources: ConfigSources, current: Settings, parts: readonly LivePart[]) {
    super()
    this.#sources = sources
    this.#current = current
    this.#parts = parts
  }

  /** Settings that the server uses at present, after the last successful reload. */
  get current(): Settings {
    return this.#current
  }

  get sources(): ConfigSources {
    return this.#sources
  }

  /**
   * Runs a change of the server's settings after all changes that were requested before. Every
   * change must run through this function, so that no change overwrites another one halfway.
   */
  inTurn<Result>(change: () => Result | Promise<Result>): Promise<Result> {
    return this.#changes.run(change)
  }

  /**
   * Reads all sources of the configuration again, and applies the differences after all changes requested before. Never
   * rejects: a refused configuration is reported in the result.
   *
   * @param by - Cause of the reload, for the log.
   */
  reload(by: string): Promise<ReloadResult> {
    return this.inTurn(() => {
      try {
        return this.prepare(loadSettings(this.#sources), by)()
      } catch (error) {
        return this.refuse(error, by)
      }
    })
  }

  /**
   * Emits and returns the result of a reload that an error has refused.
   *
   * @param by - Cause of the reload, for the log.
   */
  refuse(error: unknown, by: string): ReloadResult {
    const problems = problemsOfError(error)
    return this.#ended({ by, ok: false, changed: [], overridden: [], problems })
  }

  /**
   * Checks whether the server can use other settings, without a change. Call it, and the function
   * that it returns, within one call of {@link inTurn}.
   *
   * @returns A function that applies the settings. If a part of the server fails, the function
   *   throws, and nothing has changed.
   * @throws {ConfigError | Error} The change is impossible.
   */
  prepare(next: Settings, by: string): () => ReloadResult {
    const before = this.#current
    const keys = changedKeys(before.config, next.config)
    const problems = keys
      .filter((path) => schemaAt(keySchema(), path).schema.live !== true)
      .map((path) => fixedKey(path, next, before))
    if (problems.length > 0) throw new ConfigError(problems)
    const changes = this.#parts.flatMap((part) => part.prepare(next, before) ?? [])
    return () => {
      applyAll(changes)
      this.#current = next
      const others = changes.flatMap((change) => change.others ?? [])
      const changed = [...keys.map(nameOf), ...others]
      const overridden = overriddenKeys(before, next)
      return this.#ended({ by, ok: true, changed, overridden, problems: [] })
    }
  }

  #ended(result: ReloadResult): ReloadResult {
    this.emit('reloaded', result)
    return result
  }
}

function fixedKey(path: readonly string[], next: Settings, before: Settings): ConfigProblem {
  const value = valueAt(before.config, path)
  const stays = value === undefined ? 'the default' : shown(value)
  const says = `cannot be changed while the server runs: ${stays} stays until a restart`
  return problemOfKey(next, path, says)
}

/**
 * Lists the keys whose values in the file have changed without effect, because an option or a
 * variable overrides them.
 */
const overriddenKeys = (before: Settings, next: Settings): OverriddenKey[] =>
  keysOf(keySchema()).flatMap(({ path, name }) => {
    const by = next.winnerOf(path)
    const [was, is] = [before, next].map(({ file }) => valueAt(file?.tree, path))
    return by === undefined || isDeepStrictEqual(was, is) ? [] : [{ key: name, by }]
  })

/** Makes the prepared changes in order. If one throws, undoes those made before, and throws the same error. */
function applyAll(changes: readonly PreparedChange[]): void {
  for (const [index, change] of changes.entries()) {
    try {
      change.apply()
    } catch (error) {
      for (const done of changes.slice(0, index).reverse()) done.undo()
      throw error
    }
  }
}

/** Converts any error of a reload into configuration problems, each with a message for the user. */
export function problemsOfError(error: unknown): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems
  const says = error instanceof Error ? error.message : String(error)
  return [{ path: [], source: '', says, message: says }]
}

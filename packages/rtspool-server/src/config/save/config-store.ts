import { type ConfigFile, readConfigFile } from '../config-file.js'
import { nameOf } from '../key-schema.js'
import { type ConfigSources, mergeFile } from '../load-config.js'
import { ConfigError } from '../problems.js'
import type { ConfigReloader, OverriddenKey, ReloadResult } from '../reload/reload.js'
import { type Settings, settingsOf } from '../settings.js'
import { writeFileAtomically } from './atomic-write.js'
import { editConfig, type KeyChange } from './edit-config.js'

/** Result of {@link ConfigStore.save}, which writes changes to the configuration file. */
export interface SaveResult extends ReloadResult {
  readonly file: string
}

/** Maximum number of attempts to write a file that other programs change at the same time. */
const maxAttempts = 5

/**
 * Writes changes to the configuration file and applies them to the server. Comments and the order
 * of keys stay.
 */
export class ConfigStore {
  readonly #reloader: ConfigReloader

  constructor(reloader: ConfigReloader) {
    this.#reloader = reloader
  }

  /**
   * Changes keys in the file and in the running server, after earlier changes. After a failure,
   * both are unchanged. An edit that another program makes at the same time stays in the file.
   *
   * @param by - Cause, for the log.
   * @throws {ConfigError} A value is wrong, a key cannot be changed while the server runs, a part of
   *   the server refuses the change, or there is no file.
   * @throws {FileError} The file cannot be written.
   */
  save(changes: readonly KeyChange[], by: string): Promise<SaveResult> {
    return this.#reloader.inTurn(() => this.saveInTurn(changes, by))
  }

  /**
   * Saves like {@link save}. Must be called within one call of the reloader's `inTurn`, in which nobody else changes
   * the settings that the caller has read.
   */
  async saveInTurn(changes: readonly KeyChange[], by: string): Promise<SaveResult> {
    const { sources } = this.#reloader
    if (sources.file === undefined) throw noFile()
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const prepared = this.#prepare(sources, sources.file, changes, by)
      const { before, after } = prepared
      const isWritten = await writeFileAtomically(sources.file, after.text, {
        replacing: before.text,
      })
      if (isWritten) return this.#apply(prepared, sources.file, changes, by)
    }
    const reason = new Error(`${sources.file} is being changed by another program: try again`)
    throw this.#refusal(reason, by)
  }

  async #apply(
    { before, after, next, apply }: PreparedSave,
    file: string,
    changes: readonly KeyChange[],
    by: string,
  ): Promise<SaveResult> {
    try {
      const result = apply()
      const overridden = changes.flatMap(({ path }): OverriddenKey[] => {
        const winner = next.winnerOf(path)
        return winner === undefined ? [] : [{ key: nameOf(path), by: winner }]
      })
      return { ...result, file, overridden }
    } catch (error) {
      await writeFileAtomically(file, before.text, { replacing: after.text })
      throw this.#refusal(error, by)
    }
  }

  /**
   * Checks changes of keys, and prepares the new text of the configuration file. Changes nothing yet.
   *
   * @throws {ConfigError} A value is wrong, or a key cannot be changed.
   */
  #prepare(
    sources: ConfigSources,
    file: string,
    changes: readonly KeyChange[],
    by: string,
  ): PreparedSave {
    try {
      const before = readConfigFile(file)
      const after = editConfig(before, changes)
      const next = settingsOf(mergeFile(after, sources), sources)
      return { before, after, next, apply: this.#reloader.prepare(next, by) }
    } catch (error) {
      throw this.#refusal(error, by)
    }
  }

  #refusal(error: unknown, by: string): ConfigError {
    return new ConfigError(this.#reloader.refuse(error, by).problems)
  }
}

/** A checked change, and the new text of the file, before it is written. */
interface PreparedSave {
  readonly before: ConfigFile
  readonly after: ConfigFile
  readonly next: Settings
  apply(): ReloadResult
}

function noFile(): ConfigError {
  const says = 'there is no file of configuration to save to: start with --config FILE'
  return new ConfigError([{ path: [], source: '', says, message: says }])
}

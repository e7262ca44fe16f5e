import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BanRecord, type Clock, RtspError, type RtspServer, systemClock } from 'rtspool'
import type { Environment } from './config/environment.js'
import { type KeySources, sourceOrOption } from './config/problems.js'
import { writeFileAtomically } from './config/save/atomic-write.js'
import { FileError } from './config/save/file-error.js'
import type { Config } from './config/schema.js'

const defaultName = 'rtspool-bans.json'
const formatVersion = 1
/** Maximum number of bans that are formatted in one turn of the event loop. */
const bansPerTurn = 500
/** Minimum milliseconds between two writes of the file with bans. */
const restMs = 1000
/** Milliseconds from a failed write of the file with bans to the next attempt. */
const retryMs = 10_000

/** Returns the name of the file that keeps bans over restarts of the server; `undefined` = bans are not kept. */
export function banFileName({ bans }: Config, environment: Environment): string | undefined {
  if (bans.file !== undefined) return bans.file
  // Several folders are separated by colons.
  const folder = environment.STATE_DIRECTORY?.split(':')[0] ?? ''
  return folder === '' ? undefined : join(folder, defaultName)
}

export interface BanFileOptions {
  /** Name of the file in messages, such as `bans.file bans.json`. */
  readonly source: string
  /** Called with the error of each failed write of the file; another attempt follows. */
  readonly onFailure: (error: unknown) => void
  readonly clock?: Clock
}

/**
 * Returns the name of the file with bans as messages show it: the place of its configuration key, and the file name.
 */
export const banFileSource = (settings: KeySources, file: string): string =>
  `${sourceOrOption(settings, ['bans', 'file'], 'the file of bans')} ${file}`

/**
 * Stores the bans of a pool in a file. After a crash at any moment, the file contains the bans of
 * the last complete write. Changes are written within a second.
 */
export class BanFile {
  readonly #file: string
  readonly #pool: RtspServer['pool']
  readonly #options: BanFileOptions
  readonly #clock: Clock
  readonly #onChange = (): void => {
    this.#isChanged = true
    this.#writing ??= this.#writeChanges()
  }
  #isChanged = false
  #isClosed = false
  #writing: Promise<void> | undefined
  /** Ends the pause between two writes, so that the next write begins. */
  #wake = (): void => {}

  private constructor(file: string, pool: RtspServer['pool'], options: BanFileOptions) {
    this.#file = file
    this.#pool = pool
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Adds the bans of a file to a pool, and saves further changes. A file that does not exist is
   * created.
   *
   * @throws {FileError} The file cannot be read, used or written.
   */
  static async open(
    file: string,
    pool: RtspServer['pool'],
    options: BanFileOptions,
  ): Promise<BanFile> {
    restore(file, pool, options.source)
    const banFile = new BanFile(file, pool, options)
    await banFile.#write()
    pool.on('banned', banFile.#onChange).on('unbanned', banFile.#onChange)
    return banFile
  }

  /** Writes the bans a last time, with the present number of refusals by each. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#pool.off('banned', this.#onChange).off('unbanned', this.#onChange)
    this.#wake()
    await this.#writing
    await this.#tryWrite()
  }

  async #writeChanges(): Promise<void> {
    // Bans of one kick are added in the same turn, and are written together.
    await nextTurn()
    while (this.#isChanged && !this.#isClosed) {
      const isWritten = await this.#tryWrite()
      await this.#rest(isWritten ? restMs : retryMs)
    }
    this.#writing = undefined
  }

  async #tryWrite(): Promise<boolean> {
    try {
      await this.#write()
      return true
    } catch (error) {
      this.#isChanged = true
      this.#options.onFailure(error)
      return false
    }
  }

  async #write(): Promise<void> {
    this.#isChanged = false
    const lines: string[] = []
    for (const ban of this.#pool.bans) {
      lines.push(JSON.stringify(ban))
      if (lines.length % bansPerTurn === 0) await nextTurn()
    }
    const text = `{"version":${formatVersion},"bans":[\n${lines.join(',\n')}\n]}\n`
    await writeFileAtomically(this.#file, text, { source: this.#options.source })
  }

  #rest(delayMs: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(resolve, delayMs, false)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}

function restore(file: string, pool: RtspServer['pool'], source: string): void {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new FileError(source, 'read', error)
  }
  try {
    pool.bans.restore(recordsOf(text))
  } catch (error) {
    const isFull = error instanceof RtspError && error.code === 'ERR_BAN_LIST_FULL'
    const failed = new FileError(source, 'used', error)
    if (isFull) failed.message += '; raise bans.maxBans, or remove bans from the file'
    throw failed
  }
}

function recordsOf(text: string): readonly BanRecord[] {
  const content: { readonly version?: unknown; readonly bans?: unknown } | null = JSON.parse(text)
  if (content?.version === formatVersion && Array.isArray(content.bans)) return content.bans
  throw new TypeError(`expected { "version": ${formatVersion}, "bans": [ … ] }`)
}

import { WritableStream } from 'node:stream/web'
import type { Clock } from '../../clock.js'
import { catchLater } from '../../listeners.js'
import { checkBoolean, checkOptions, isRecord, kindOf } from '../../option-checks.js'
import type { UnitSplitter } from '../../rtp/index.js'
import type { UnitFormat } from './formats/track-format.js'
import type { AccessUnitOptions, LiveUnit, TimedUnit } from './live-unit.js'

/** Options of `track.writeFrom` and `track.writable`; all optional. */
export interface LiveStreamOptions {
  /**
   * True to hold each unit until its time, for a source that is faster than real time, such as a file. One clock times
   * all tracks of a media. False to send each unit when it is written.
   * @default false
   */
  readonly pace?: boolean | undefined
  /**
   * Splits a byte stream into access units: H.264 and H.265 with start codes, AAC with ADTS headers, JPEG. The chunks may
   * have any size, as those of a child process. A picture is sent when the next one begins.
   * @default false: each chunk is an access unit
   */
  readonly split?: boolean | undefined
  /**
   * Ends the writing: the promise of `writeFrom`, or of the next write to `writable`, rejects with the reason of the
   * signal.
   * @default never
   */
  readonly signal?: AbortSignal | undefined
}

/** Track of a live media that a stream of access units is written to. */
interface UnitTarget {
  readonly format: UnitFormat
  writeAccessUnit(bytes: Uint8Array, options: AccessUnitOptions): boolean
}

/** Clock and functions with which `writeFrom` holds access units of a track until they are due. */
export interface Pacing {
  readonly clock: Clock
  /** Signal that is aborted when the live media closes, so that waiting ends. */
  readonly closed: AbortSignal
  /**
   * Returns the milliseconds until a unit with the time `pts`, in seconds of the application, is due; 0 or less if it
   * is due.
   */
  waitMs(pts: number | undefined): number
}

/** Writes the access units of one stream to a track, and holds each until it is due if the option `pace` is set. */
class UnitWriter {
  readonly #track: UnitTarget
  readonly #pacing: Pacing
  readonly #isPaced: boolean
  readonly #splitter: UnitSplitter | undefined
  readonly #signal: AbortSignal | undefined

  constructor(track: UnitTarget, options: LiveStreamOptions, pacing: Pacing) {
    checkOptions('a stream of a track', options, ['pace', 'split', 'signal'])
    const { pace = false, split = false, signal } = options
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TypeError(`signal must be an AbortSignal, got ${kindOf(signal)}`)
    }
    this.#track = track
    this.#pacing = pacing
    this.#isPaced = checkBoolean('pace', pace)
    this.#splitter = checkBoolean('split', split) ? splitterOf(track) : undefined
    this.#signal = signal
  }

  /**
   * Writes an access unit to the track, or with the option `split` a chunk of a byte stream. Resolves when it has been
   * sent.
   */
  async write(unit: LiveUnit): Promise<void> {
    const { data, pts, keyFrame } = timed(unit)
    if (!this.#splitter) await this.#writeUnit(data, pts, keyFrame)
    else for (const each of this.#splitter.push(data)) await this.#writeUnit(each, pts, keyFrame)
  }

  /** Writes the last access unit of a byte stream, which no next one completes. */
  async end(): Promise<void> {
    for (const each of this.#splitter?.flush() ?? []) await this.#writeUnit(each)
  }

  async #writeUnit(data: Uint8Array, pts?: number, keyFrame?: boolean): Promise<void> {
    if (this.#isPaced) await this.#wait(this.#pacing.waitMs(pts))
    this.#signal?.throwIfAborted()
    this.#track.writeAccessUnit(data, { pts, keyFrame })
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#signal?.aborted) return
    const signal = this.#signal
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.#pacing.clock.schedule(done, ms, true)
      signal?.addEventListener('abort', done)
    })
  }
}

/**
 * Writes all access units of a source, such as an async generator, to a track. Resolves when the source has ended, or
 * the media is closed.
 */
export async function writeAll(
  track: UnitTarget,
  source: AsyncIterable<LiveUnit>,
  options: LiveStreamOptions,
  pacing: Pacing,
): Promise<void> {
  const writer = new UnitWriter(track, options, pacing)
  const units = source[Symbol.asyncIterator]()
  try {
    while (!pacing.closed.aborted) {
      const next = await nextOf(units, options.signal, pacing.closed)
      if (next === undefined) {
        // The source may wait for ever for its next unit, so nobody waits for its end.
        catchLater(units.return?.(), () => {})
        return
      }
      if (next.done) return await writer.end()
      await writer.write(next.value)
    }
  } catch (error) {
    catchLater(units.return?.(), () => {})
    throw error
  }
  await units.return?.()
}

/**
 * Returns the next unit of a source; `undefined` if the media closes before, even if the source stays silent for ever.
 *
 * @throws The reason of the signal, if it is aborted before.
 */
async function nextOf(
  units: AsyncIterator<LiveUnit>,
  signal: AbortSignal | undefined,
  closed: AbortSignal,
): Promise<IteratorResult<LiveUnit> | undefined> {
  signal?.throwIfAborted()
  const next = units.next()
  return new Promise((resolve, reject) => {
    const over = (): void => {
      signal?.removeEventListener('abort', abort)
      closed.removeEventListener('abort', close)
    }
    const abort = (): void => {
      over()
      reject(signal?.reason)
    }
    const close = (): void => {
      over()
      resolve(undefined)
    }
    signal?.addEventListener('abort', abort)
    closed.addEventListener('abort', close)
    next.then(resolve, reject).finally(over)
  })
}

/**
 * Returns a stream that writes access units to a track. After the option `signal` has been aborted, the next write
 * rejects.
 */
export function writableOf(
  track: UnitTarget,
  options: LiveStreamOptions,
  pacing: Pacing,
): WritableStream<LiveUnit> {
  const writer = new UnitWriter(track, options, pacing)
  return new WritableStream<LiveUnit>({
    write: (unit) => writer.write(unit),
    close: () => writer.end(),
  })
}

function timed(unit: LiveUnit): TimedUnit {
  if (unit instanceof Uint8Array) return { data: unit }
  if (isRecord(unit) && unit.data instanceof Uint8Array) return unit
  throw new TypeError(`a unit must be a Uint8Array, or have one as data, got ${kindOf(unit)}`)
}

function splitterOf({ format }: UnitTarget): UnitSplitter {
  const splitter = format.split?.()
  if (splitter) return splitter
  throw new TypeError(`split: there is no byte stream of ${format.encoding}`)
}

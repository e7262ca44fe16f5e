import { ApiError } from '../api/api-client.js'
import { mediaSourceClass } from '../live/live-source.js'
import type { RecordedPart } from './recorded-part.js'
import { unsupportedText } from './recording-words.js'

/** Milliseconds of the recording that the player reads with one request. */
const partMs = 10_000
/**
 * Seconds of the recording that are read in advance of the shown picture. The next constant limits those kept behind.
 */
const aheadSeconds = 20
const keptSeconds = 30
/** Milliseconds between two requests for the next part while the player is at the end of a growing recording. */
const waitMs = 1_500
/**
 * Maximum number of attempts to read a part. `retryMs` is the pause after the first failure; each further one is
 * doubled.
 */
const maxAttempts = 6
const retryMs = 1_000
/** Seconds before the end of the buffered material at which a browser may stop, although nothing is missing. */
const edgeSeconds = 0.2
const tickMs = 250
/** Milliseconds without a recorded picture from which on there is a gap, over which the player jumps. */
const gapMs = 1_000

/**
 * State of a player: `idle` before a time is chosen, `loading` until the first picture, then `playing`. The last state
 * is `ended` at the end of the recording, or `failed` if the player cannot go on.
 */
export type PlayerState = 'idle' | 'loading' | 'playing' | 'ended' | 'failed'

export interface PlayerStatus {
  readonly state: PlayerState
  /** Sentence for the user; empty while everything plays. */
  readonly text: string
}

export interface RecordingPlayerOptions {
  /**
   * Reads the part of the recording between two times in milliseconds since 1970; `undefined` if nothing was recorded
   * there.
   */
  readonly read: (
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ) => Promise<RecordedPart | undefined>
  /**
   * Returns the first recorded time at or after a time, both in milliseconds since 1970; `undefined` if there is none.
   */
  readonly next: (timeMs: number) => number | undefined
  /**
   * Returns whether the path is being recorded now. The player then waits at the end of the recording for further
   * parts.
   */
  readonly grows: () => boolean
  readonly onStatus: (status: PlayerStatus) => void
  /** Called some times a second with the time of the shown picture, in milliseconds since 1970. */
  readonly onTime: (timeMs: number) => void
}

/** Plays a recording in a video element: reads it part by part, and jumps over gaps. */
export class RecordingPlayer {
  readonly #video: HTMLVideoElement
  readonly #options: RecordingPlayerOptions
  #run: PlayerRun | undefined

  constructor(video: HTMLVideoElement, options: RecordingPlayerOptions) {
    this.#video = video
    this.#options = options
  }

  /** Plays the recording from a time in milliseconds since 1970, or from the first recorded time after that. */
  play(timeMs: number): void {
    if (this.#run?.show(timeMs)) return
    this.stop()
    this.#run = new PlayerRun(this.#video, this.#options, timeMs)
  }

  /** Stops reading, and leaves the last picture. Idempotent. */
  stop(): void {
    this.#run?.close()
    this.#run = undefined
  }
}

/** Playback from one chosen time on, with a `MediaSource` of its own. */
class PlayerRun {
  readonly #video: HTMLVideoElement
  readonly #options: RecordingPlayerOptions
  readonly #wantedMs: number
  /**
   * Time of the picture at time 0 of the video element, in milliseconds since 1970: the key frame at or before the
   * chosen time.
   */
  #originMs: number
  readonly #leaving = new AbortController()
  readonly #timer: ReturnType<typeof setInterval>
  readonly #url: string | undefined
  #source: MediaSource | undefined
  #buffer: SourceBuffer | undefined
  #mime = ''
  /** Time at which the next part begins, in milliseconds since 1970. */
  #nextMs: number
  #isBusy = false
  #isComplete = false
  #retryAt = 0
  /** Number of attempts to read the next part of the recording that have failed. */
  #failureCount = 0

  constructor(video: HTMLVideoElement, options: RecordingPlayerOptions, timeMs: number) {
    this.#video = video
    this.#options = options
    const startMs = options.next(timeMs)
    this.#wantedMs = this.#originMs = this.#nextMs = startMs ?? timeMs
    this.#timer = setInterval(() => this.#tick(), tickMs)
    const sourceClass = mediaSourceClass()
    if (!sourceClass) {
      this.#fail('This browser cannot play recordings: it has no Media Source Extensions.')
      return
    }
    if (startMs === undefined) {
      this.#end('ended', 'Nothing was recorded at this time or after it.')
      return
    }
    options.onStatus({ state: 'loading', text: '' })
    const source = new sourceClass()
    this.#url = URL.createObjectURL(source)
    const opened = (): void => {
      this.#source = source
      void this.#fill()
    }
    source.addEventListener('sourceopen', opened, { once: true })
    video.addEventListener('error', this.#onError)
    video.disableRemotePlayback = true
    video.src = this.#url
  }

  /**
   * Moves the playback to a time in milliseconds since 1970, if the buffer contains that time.
   *
   * @returns False if not.
   */
  show(timeMs: number): boolean {
    const seconds = (timeMs - this.#originMs) / 1000
    const isKnown = rangesOf(this.#video).some(
      ({ start, end }) => seconds >= start && seconds < end,
    )
    if (!isKnown || this.#leaving.signal.aborted) return false
    this.#video.currentTime = seconds
    void this.#video.play().catch(() => {})
    return true
  }

  close(): void {
    clearInterval(this.#timer)
    this.#leaving.abort()
    this.#video.removeEventListener('error', this.#onError)
    this.#video.pause()
    if (this.#url) URL.revokeObjectURL(this.#url)
  }

  readonly #onError = (): void =>
    this.#fail(
      `The browser could not decode the recording. ${this.#video.error?.message ?? ''}`.trim(),
    )

  #end(state: PlayerState, text: string): void {
    this.#isComplete = true
    this.#options.onStatus({ state, text })
  }

  #fail(text: string): void {
    this.#leaving.abort()
    this.#end('failed', text)
  }

  #tick(): void {
    const { currentTime, paused, readyState } = this.#video
    if (this.#leaving.signal.aborted || !this.#source) return
    if (!this.#buffer) {
      this.#fillInTime()
      return
    }
    this.#options.onTime(this.#originMs + currentTime * 1000)
    const ranges = rangesOf(this.#video)
    const own = ranges.find(({ start, end }) => currentTime >= start - 0.5 && currentTime <= end)
    const later = ranges.find(({ start }) => start > currentTime)
    if (later && (!own || own.end - currentTime < edgeSeconds))
      this.#video.currentTime = later.start
    const end = own?.end ?? currentTime
    if (this.#isComplete && !later && end - currentTime < edgeSeconds) {
      this.#options.onStatus({ state: 'ended', text: 'The recording ends here.' })
    } else if (!paused && readyState > 2) this.#options.onStatus({ state: 'playing', text: '' })
    const isShort = (ranges.at(-1)?.end ?? 0) - currentTime < aheadSeconds
    if (isShort) this.#fillInTime()
  }

  #fillInTime(): void {
    if (!this.#isComplete && Date.now() >= this.#retryAt) void this.#fill()
  }

  async #fill(): Promise<void> {
    if (this.#isBusy || this.#leaving.signal.aborted) return
    this.#isBusy = true
    try {
      await this.#readNext()
    } catch (error) {
      if (!this.#leaving.signal.aborted)
        this.#fail(error instanceof Error ? error.message : String(error))
    } finally {
      this.#isBusy = false
    }
  }

  async #readNext(): Promise<void> {
    const { signal } = this.#leaving
    const { next, grows } = this.#options
    const part = await this.#read(next(this.#nextMs))
    if (signal.aborted || part === 'failed') return
    if (!part || part.endMs <= this.#nextMs) {
      const later = next(this.#nextMs + gapMs)
      const isNear = later !== undefined && later - this.#nextMs <= gapMs
      if (grows() && (later === undefined || isNear)) this.#retryAt = Date.now() + waitMs
      else if (later === undefined) this.#end('ended', '')
      else this.#nextMs = later
      return
    }
    const isFirst = this.#buffer === undefined
    const text = unsupportedText(part.mime)
    if (text) {
      this.#fail(text)
      return
    }
    if (isFirst) this.#originMs = part.startMs
    await this.#append(part)
    this.#nextMs = part.endMs
    if (!isFirst) return
    this.#video.currentTime = Math.max(0, (this.#wantedMs - this.#originMs) / 1000)
    await this.#video.play().catch(() => {})
  }

  /**
   * Reads one part of the recording. Tries again after a temporary refusal of the server or a failure of the network.
   *
   * @param fromMs - Beginning in milliseconds since 1970; `undefined` reads nothing.
   * @returns `failed` after the last attempt; `undefined` if nothing was recorded there.
   */
  async #read(fromMs: number | undefined): Promise<RecordedPart | 'failed' | undefined> {
    if (fromMs === undefined) return undefined
    try {
      const part = await this.#options.read(fromMs, fromMs + partMs, this.#leaving.signal)
      this.#failureCount = 0
      return part
    } catch (error) {
      this.#failureCount++
      const isFinal = error instanceof ApiError && error.isFinal
      if (isFinal || this.#failureCount >= maxAttempts) throw error
      this.#retryAt = Date.now() + retryMs * 2 ** (this.#failureCount - 1)
      return 'failed'
    }
  }

  async #append({ mime, startMs, bytes }: RecordedPart): Promise<void> {
    const buffer = this.#buffer ?? this.#source?.addSourceBuffer(mime)
    if (!buffer) return
    this.#buffer = buffer
    if (this.#mime !== '' && this.#mime !== mime) buffer.changeType(mime)
    this.#mime = mime
    const { currentTime } = this.#video
    const begin = buffer.buffered.length > 0 ? buffer.buffered.start(0) : currentTime
    if (currentTime - begin > keptSeconds) {
      buffer.remove(begin, currentTime - keptSeconds / 2)
      await updated(buffer)
    }
    buffer.timestampOffset = (startMs - this.#originMs) / 1000
    buffer.appendBuffer(bytes)
    await updated(buffer)
  }
}

/**
 * Waits for the end of an append to a buffer, or of a removal from it. Rejects if the browser cannot decode the bytes.
 */
function updated(buffer: SourceBuffer): Promise<void> {
  const waiting = new AbortController()
  const options = { once: true, signal: waiting.signal }
  return new Promise<void>((resolve, reject) => {
    buffer.addEventListener('updateend', () => resolve(), options)
    const failed = (): void => reject(new Error('The browser could not decode the recording.'))
    buffer.addEventListener('error', failed, options)
  }).finally(() => waiting.abort())
}

const rangesOf = ({ buffered }: HTMLVideoElement) =>
  Array.from({ length: buffered.length }, (_, index) => ({
    start: buffered.start(index),
    end: buffered.end(index),
  }))

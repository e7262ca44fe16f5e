import { LiveSource, mediaSourceClass } from './live-source.js'
import { type PlayableTrack, parseMessage, type TracksMessage } from './messages.js'
import { catchUpOf, paceOf, type TimeRange } from './pace.js'
import { endingOf, missingText } from './words.js'

const paceMs = 250
/** Milliseconds for which the page may be hidden before the live stream stops. */
const hiddenMs = 3_000
const firstRetryMs = 500
const longestRetryMs = 10_000
/**
 * Milliseconds of playing after which a stream counts as recovered: after the next failure, the
 * player tries again soon.
 */
const recoveredMs = 10_000

/** Parameters of the WebSocket for a live stream: its URL, and the subprotocols, one of which contains a new ticket. */
export interface LiveConnection {
  readonly url: string
  readonly protocols: readonly string[]
}

export type LiveState = 'connecting' | 'waiting' | 'playing' | 'paused' | 'stopped'

/** State of a live player, and a sentence that explains the state to the user. */
export interface LiveStatus {
  readonly state: LiveState
  /** Sentence for the user; empty while everything plays. */
  readonly text: string
}

export interface LivePlayerOptions {
  /**
   * Returns the parameters of a connection. Called for each attempt, because the server accepts a ticket only once.
   *
   * @throws {LiveRefusal} Further attempts are useless. Any other error leads to another attempt.
   */
  readonly connect: () => Promise<LiveConnection>
  readonly onStatus?: ((status: LiveStatus) => void) | undefined
  /** Sentences for the user by the close reason of the WebSocket, in place of the usual sentences of `endingOf`. */
  readonly texts?: Readonly<Record<string, string>> | undefined
}

/** Error for a stream that cannot be watched, so that further attempts are useless. */
export class LiveRefusal extends Error {}

/**
 * Plays a live stream of the server in a video element. Stays close to the newest picture, and
 * stops while the page is hidden. After an error, starts again at the next key frame.
 */
export class LivePlayer {
  readonly #video: HTMLVideoElement
  readonly #options: LivePlayerOptions
  #socket: WebSocket | undefined
  #source: LiveSource | undefined
  /** Number of the present attempt to connect. Events that belong to an earlier attempt are ignored. */
  #attempt = 0
  #retrying: ReturnType<typeof setTimeout> | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #pacing: ReturnType<typeof setInterval> | undefined
  #retryMs = firstRetryMs
  #playingSince: number | undefined
  #isStarted = false
  #told: LiveStatus = { state: 'stopped', text: '' }
  /** True once the playback position was set to the first picture that the present connection has sent. */
  #hasBegun = false
  /** Sentence about tracks that this browser does not play; empty if it plays all. */
  #missing = ''

  constructor(video: HTMLVideoElement, options: LivePlayerOptions) {
    this.#video = video
    this.#options = options
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#video.addEventListener('error', this.#onVideoError)
    document.addEventListener('visibilitychange', this.#onVisibility)
    this.#pacing = setInterval(() => this.#keepPace(), paceMs)
    void this.#connect()
  }

  /**
   * Stops the player for good, and closes the connection. Idempotent.
   *
   * @param text - Sentence for the user in the last {@link LiveStatus}.
   */
  stop(text = ''): void {
    if (!this.#isStarted) return
    this.#isStarted = false
    this.#leave()
    clearInterval(this.#pacing)
    clearTimeout(this.#hiding)
    this.#video.removeEventListener('error', this.#onVideoError)
    document.removeEventListener('visibilitychange', this.#onVisibility)
    // A picture that was there stays; without one, the browser would wait for ever.
    if (this.#video.readyState === 0) this.#video.removeAttribute('src')
    this.#tell('stopped', text)
  }

  async #connect(): Promise<void> {
    if (document.hidden) {
      this.#pause()
      return
    }
    const sourceClass = mediaSourceClass()
    if (!sourceClass) {
      this.stop('This browser cannot play live streams: it has no Media Source Extensions.')
      return
    }
    this.#leave()
    const attempt = this.#attempt
    this.#tell('connecting', '')
    // The last picture of an earlier attempt stays until there is another one.
    if (this.#video.readyState === 0) this.#source = this.#newSource(sourceClass)
    try {
      const { url, protocols } = await this.#options.connect()
      if (attempt !== this.#attempt) return
      this.#open(new WebSocket(url, [...protocols]), attempt)
    } catch (error) {
      if (attempt !== this.#attempt) return
      const text = error instanceof Error ? error.message : String(error)
      if (error instanceof LiveRefusal) this.stop(text)
      else this.#retry(text)
    }
  }

  #open(socket: WebSocket, attempt: number): void {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    let wasOpen = false
    socket.addEventListener('open', () => {
      wasOpen = true
      this.#tell('waiting', 'Waiting for the next key frame.')
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (attempt !== this.#attempt) return
      if (typeof data === 'string') this.#noteTracks(data)
      else this.#source?.append(new Uint8Array(data)[0] ?? 0, new Uint8Array(data, 1))
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (attempt !== this.#attempt) return
      const { text: usual, isFinal } = endingOf(code, reason, wasOpen)
      const text = this.#options.texts?.[reason] ?? usual
      if (isFinal) this.stop(text)
      else this.#retry(text)
    })
  }

  #noteTracks(text: string): void {
    const message = parseMessage(text)
    const sourceClass = mediaSourceClass()
    if (!message || !sourceClass) return
    const isPlayed = ({ mime }: PlayableTrack): boolean => sourceClass.isTypeSupported(mime)
    const played = message.tracks.filter(isPlayed)
    this.#missing = missingOf(message, played)
    if (played.length === 0) {
      this.stop(this.#missing || 'The stream has neither picture nor sound.')
      return
    }
    if (!this.#source || this.#source.hasTracks) {
      this.#source?.close()
      this.#source = this.#newSource(sourceClass)
    }
    this.#source.setTracks(played)
  }

  #newSource(sourceClass: typeof MediaSource): LiveSource {
    this.#playingSince = undefined
    this.#hasBegun = false
    return new LiveSource(this.#video, sourceClass, {
      // The first picture does not wait for the next look at the pace.
      appended: () => this.#playingSince === undefined && this.#keepPace(),
      failed: (error) => this.#fail(error),
    })
  }

  readonly #onVideoError = (): void => {
    if (this.#source) this.#fail(this.#video.error)
  }

  #fail(error: unknown): void {
    const detail = error instanceof Error || error instanceof MediaError ? error.message : ''
    this.#retry(`The browser could not decode the stream. ${detail}`.trim())
  }

  /**
   * Connects again after a delay, which doubles with each failure. The stream then starts at a key frame.
   *
   * @param text - Sentence for the user about the failure.
   */
  #retry(text: string): void {
    if (!this.#isStarted) return
    const since = this.#playingSince
    if (since !== undefined && performance.now() - since > recoveredMs) this.#retryMs = firstRetryMs
    this.#leave()
    this.#tell('waiting', text)
    this.#retrying = setTimeout(() => void this.#connect(), this.#retryMs)
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2)
  }

  #leave(): void {
    this.#attempt++
    clearTimeout(this.#retrying)
    this.#socket?.close()
    this.#socket = undefined
    this.#source?.close()
    this.#source = undefined
    this.#playingSince = undefined
  }

  readonly #onVisibility = (): void => {
    clearTimeout(this.#hiding)
    if (document.hidden) this.#hiding = setTimeout(() => this.#pause(), hiddenMs)
    else if (this.#told.state === 'paused') void this.#connect()
  }

  /** Closes the connection until the page is visible again, to save traffic while nobody watches. */
  #pause(): void {
    this.#leave()
    this.#tell('paused', 'Paused while the page is hidden.')
  }

  #keepPace(): void {
    const video = this.#video
    const ranges = rangesOf(video.buffered)
    if (!this.#source || ranges.length === 0) return
    if (!this.#hasBegun) this.#begin(ranges)
    if (this.#playingSince !== undefined || !tellsPictures(video)) movePace(video, ranges)
    if (video.paused) void this.#play()
    else if (video.readyState >= video.HAVE_CURRENT_DATA) this.#notePlaying()
  }

  /**
   * Sets the playback position to the first key frame, because the browser can decode nothing before it. Jumps to the
   * newest picture as soon as a picture is shown.
   *
   * @param ranges - Buffered ranges of the video.
   */
  #begin(ranges: readonly TimeRange[]): void {
    const video = this.#video
    const source = this.#source
    this.#hasBegun = true
    if (!tellsPictures(video)) return
    video.currentTime = ranges.at(-1)?.start ?? 0
    video.requestVideoFrameCallback(() => {
      if (source !== this.#source) return
      const seekTo = catchUpOf(video.currentTime, rangesOf(video.buffered))
      if (seekTo !== undefined) video.currentTime = seekTo
    })
  }

  /** Starts the video. If the browser refuses before the user has clicked, asks for a click. */
  async #play(): Promise<void> {
    try {
      await this.#video.play()
    } catch (error) {
      const isRefused = error instanceof DOMException && error.name === 'NotAllowedError'
      if (isRefused && this.#source) this.#tell('waiting', 'Click the page to play.')
    }
  }

  #notePlaying(): void {
    if (this.#playingSince !== undefined) return
    this.#playingSince = performance.now()
    this.#tell('playing', this.#missing)
  }

  #tell(state: LiveState, text: string): void {
    if (this.#told.state === state && this.#told.text === text) return
    this.#told = { state, text }
    this.#options.onStatus?.(this.#told)
  }
}

function missingOf(
  { tracks, unplayable }: TracksMessage,
  played: readonly PlayableTrack[],
): string {
  return missingText(
    tracks.filter((track) => !played.includes(track)),
    unplayable,
  )
}

/** Returns whether the browser can call back for each picture that it shows (Firefox since version 132). */
const tellsPictures = (video: HTMLVideoElement): boolean => 'requestVideoFrameCallback' in video

function movePace(video: HTMLVideoElement, ranges: readonly TimeRange[]): void {
  const mayHurry = !('ManagedMediaSource' in globalThis)
  const { rate, seekTo } = paceOf(video.currentTime, video.playbackRate, ranges, mayHurry)
  if (seekTo !== undefined) video.currentTime = seekTo
  if (video.playbackRate !== rate) video.playbackRate = rate
}

function rangesOf(buffered: TimeRanges): TimeRange[] {
  return Array.from({ length: buffered.length }, (_, index) => ({
    start: buffered.start(index),
    end: buffered.end(index),
  }))
}

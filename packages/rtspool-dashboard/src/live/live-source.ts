import type { PlayableTrack } from './messages.js'

/** Seconds of played material that stay in memory, for a browser that steps back a little. */
const keptSeconds = 4
const trimSeconds = 10

type MediaSourceClass = typeof MediaSource

/** Returns the media source of this browser; iPhones have the managed one alone. */
export function mediaSourceClass(): MediaSourceClass | undefined {
  const { ManagedMediaSource, MediaSource: plain } = globalThis as {
    ManagedMediaSource?: MediaSourceClass
    MediaSource?: MediaSourceClass
  }
  return ManagedMediaSource ?? plain
}

/** One source buffer, and what waits for it. */
interface Lane {
  readonly buffer: SourceBuffer
  waiting: Uint8Array<ArrayBuffer>[]
}

export interface LiveSourceListener {
  /** Fragments have been appended, or old ones removed. */
  appended(): unknown
  /** The browser accepts no more. */
  failed(error: unknown): void
}

/** Feeds fragments to a video element. Each track has a buffer of its own, so that one that breaks off does not stop others. */
export class LiveSource {
  readonly #video: HTMLVideoElement
  readonly #source: MediaSource
  readonly #url: string
  readonly #lanes = new Map<number, Lane>()
  readonly #early: [track: number, bytes: Uint8Array<ArrayBuffer>][] = []
  readonly #listener: LiveSourceListener
  #isOpen = false
  #isClosed = false

  /** @param tracks - Those that the browser plays. */
  constructor(
    video: HTMLVideoElement,
    sourceClass: MediaSourceClass,
    tracks: readonly PlayableTrack[],
    listener: LiveSourceListener,
  ) {
    this.#video = video
    this.#listener = listener
    this.#source = new sourceClass()
    this.#url = URL.createObjectURL(this.#source)
    this.#source.addEventListener('sourceopen', () => this.#open(tracks), { once: true })
    // A managed source plays only where no other device can take over.
    video.disableRemotePlayback = true
    video.src = this.#url
  }

  append(track: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return
    if (!this.#isOpen) {
      this.#early.push([track, bytes])
      return
    }
    const lane = this.#lanes.get(track)
    if (!lane) return
    lane.waiting.push(bytes)
    this.#feed(lane)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lanes.clear()
    URL.revokeObjectURL(this.#url)
  }

  #open(tracks: readonly PlayableTrack[]): void {
    if (this.#isClosed) return
    try {
      for (const { id, mime } of tracks) {
        const lane: Lane = { buffer: this.#source.addSourceBuffer(mime), waiting: [] }
        lane.buffer.addEventListener('updateend', () => {
          this.#listener.appended()
          this.#feed(lane)
        })
        this.#lanes.set(id, lane)
      }
    } catch (error) {
      this.#listener.failed(error)
      return
    }
    this.#isOpen = true
    for (const [track, bytes] of this.#early.splice(0)) this.append(track, bytes)
  }

  #feed(lane: Lane): void {
    const { buffer, waiting } = lane
    if (this.#isClosed || buffer.updating || this.#source.readyState !== 'open') return
    try {
      if (this.#trim(buffer)) return
      if (waiting.length === 0) return
      lane.waiting = []
      buffer.appendBuffer(joined(waiting))
    } catch (error) {
      this.#listener.failed(error)
    }
  }

  /** @returns Whether the buffer is busy now. */
  #trim(buffer: SourceBuffer): boolean {
    const { currentTime } = this.#video
    if (buffer.buffered.length === 0) return false
    const start = buffer.buffered.start(0)
    if (currentTime - start < trimSeconds) return false
    buffer.remove(start, currentTime - keptSeconds)
    return true
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = pieces
  if (only && pieces.length === 1) return only
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}

import type { PlayableTrack } from './messages.js'

/** Seconds of played material that stay in the buffer, because a browser may step back a little. */
const keptSeconds = 4
const trimSeconds = 10

type MediaSourceClass = typeof MediaSource

/**
 * Returns the browser's class of media sources: `ManagedMediaSource` if it exists (iPhones have no
 * other), or else `MediaSource`.
 */
export function mediaSourceClass(): MediaSourceClass | undefined {
  const { ManagedMediaSource, MediaSource: plain } = globalThis as {
    ManagedMediaSource?: MediaSourceClass
    MediaSource?: MediaSourceClass
  }
  return ManagedMediaSource ?? plain
}

export interface LiveSourceListener {
  /** Called after fragments were appended to a buffer of the browser, or old ones removed. */
  appended(): unknown
  /** Called with the error of the browser if it accepts no more fragments. */
  failed(error: unknown): void
}

/**
 * Passes MP4 fragments to a video element, with a separate buffer for each track. If one track ends, the others
 * continue. The source starts to open when it is created, because a browser needs some time for that.
 */
export class LiveSource {
  readonly #video: HTMLVideoElement
  readonly #source: MediaSource
  readonly #url: string
  readonly #buffers = new Map<number, SourceBuffer>()
  /** Fragments that were received but not yet appended to the browser's buffer, by the number of their track. */
  readonly #waiting = new Map<number, Uint8Array<ArrayBuffer>[]>()
  readonly #listener: LiveSourceListener
  #tracks: readonly PlayableTrack[] | undefined
  #isOpen = false
  #isClosed = false

  constructor(
    video: HTMLVideoElement,
    sourceClass: MediaSourceClass,
    listener: LiveSourceListener,
  ) {
    this.#video = video
    this.#listener = listener
    this.#source = new sourceClass()
    this.#url = URL.createObjectURL(this.#source)
    const opened = (): void => {
      this.#isOpen = true
      this.#addBuffers()
    }
    this.#source.addEventListener('sourceopen', opened, { once: true })
    // A managed source plays only where no other device can take over.
    video.disableRemotePlayback = true
    video.src = this.#url
  }

  /** True once {@link setTracks} was called. Other tracks need a new source. */
  get hasTracks(): boolean {
    return this.#tracks !== undefined
  }

  /** Creates a buffer for each track, whose fragments can then be appended. Must be called only once. */
  setTracks(tracks: readonly PlayableTrack[]): void {
    this.#tracks = tracks
    for (const { id } of tracks) this.#waiting.set(id, [])
    this.#addBuffers()
  }

  append(track: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return
    this.#waiting.get(track)?.push(bytes)
    const buffer = this.#buffers.get(track)
    if (buffer) this.#feed(track, buffer)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#buffers.clear()
    this.#waiting.clear()
    URL.revokeObjectURL(this.#url)
  }

  #addBuffers(): void {
    if (this.#isClosed || !this.#isOpen || !this.#tracks) return
    try {
      for (const { id, mime } of this.#tracks) {
        const buffer = this.#source.addSourceBuffer(mime)
        buffer.addEventListener('updateend', () => {
          this.#listener.appended()
          this.#feed(id, buffer)
        })
        this.#buffers.set(id, buffer)
      }
      for (const [id, buffer] of this.#buffers) this.#feed(id, buffer)
    } catch (error) {
      this.#listener.failed(error)
    }
  }

  #feed(track: number, buffer: SourceBuffer): void {
    if (this.#isClosed || buffer.updating || this.#source.readyState !== 'open') return
    try {
      if (this.#trim(buffer)) return
      const waiting = this.#waiting.get(track) ?? []
      if (waiting.length > 0) buffer.appendBuffer(joined(waiting.splice(0)))
    } catch (error) {
      this.#listener.failed(error)
    }
  }

  /**
   * Removes old material from a buffer, so that the memory stays limited.
   *
   * @returns True if a removal has begun, during which nothing can be appended.
   */
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

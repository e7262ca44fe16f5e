import type { Clock } from '../clock.js'
import { RequestError } from '../errors.js'
import type { SessionDescription } from '../sdp/index.js'
import type { Media } from './media.js'
import { MediaFactory } from './media-factory.js'
import type { RecordStream } from './record-stream.js'

/**
 * What a client announces and records: it takes its path at once, can be watched from RECORD on, and is over
 * when the publisher goes.
 */
export class Publication {
  readonly path: string
  /** Path and query, as the control URIs of its tracks begin. */
  readonly presentation: string
  /** As announced. */
  readonly description: SessionDescription
  /** Mounted at the path; answers 404 until recording has begun. */
  readonly factory: MediaFactory
  readonly #clock: Clock
  readonly #onEnded: (publication: Publication) => void
  #recorded: SessionDescription | undefined
  #media: Media | undefined
  readonly #streams = new Set<RecordStream>()
  #isEnded = false

  constructor(init: {
    readonly path: string
    readonly presentation: string
    readonly description: SessionDescription
    readonly clock: Clock
    readonly onEnded: (publication: Publication) => void
  }) {
    this.path = init.path
    this.presentation = init.presentation
    this.description = init.description
    this.#clock = init.clock
    this.#onEnded = init.onEnded
    this.factory = new MediaFactory(() => this.#source(), {
      sharedKey: () => init.path,
      lingerSeconds: Number.POSITIVE_INFINITY,
    })
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The media that viewers get, from RECORD on. */
  get media(): Media | undefined {
    return this.#media
  }

  /** The announced track whose control URI ends the URI of a SETUP, or `undefined`. */
  trackIndexOf(target: string): number | undefined {
    const index = this.description.media.findIndex(({ control }) => {
      if (control === undefined) return false
      return target === this.presentation + separated(control) || control.endsWith(target)
    })
    if (index >= 0) return index
    // Publishers of one track may leave the control out.
    return this.description.media.length === 1 && target === this.presentation ? 0 : undefined
  }

  /**
   * Begins to record, or goes on after a pause. Only tracks that were set up are offered to viewers.
   *
   * @param streams - By index of the announced track.
   */
  async record(streams: ReadonlyMap<number, RecordStream>): Promise<void> {
    const indexes = [...streams.keys()].sort((a, b) => a - b)
    this.#recorded ??= {
      session: this.description.session,
      media: indexes.flatMap((index) => this.description.media[index] ?? []),
    }
    this.#media ??= await this.factory.construct({ path: this.path, query: undefined }, this.#clock)
    await this.#media.play()
    indexes.forEach((index, position) => {
      const stream = streams.get(index)
      const track = this.#media?.tracks[position]
      if (!stream || !track) return
      this.#media?.join(stream)
      stream.record(track)
    })
  }

  /** Adds a stream that was set up; when the last one closes, the publication is over. */
  addStream(stream: RecordStream): void {
    this.#streams.add(stream)
  }

  removeStream(stream: RecordStream): void {
    this.#media?.leave(stream)
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.end()
  }

  /** Ends the publication: its viewers leave with reason `mediaEnded`, its path is free. Idempotent. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnded(this)
    void this.#media?.end()
  }

  #source() {
    if (!this.#recorded || this.#isEnded) {
      throw new RequestError('ERR_NOT_FOUND', `${this.path} is announced, but not recorded yet`)
    }
    return { description: this.#recorded, start: () => {}, close: () => {} }
  }
}

const separated = (control: string): string => (control.startsWith('/') ? control : `/${control}`)

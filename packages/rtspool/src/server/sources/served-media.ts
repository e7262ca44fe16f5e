import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'

/** The media that a server serves, until their sources are closed: those of mounts that are gone among them. */
export class ServedMedia {
  readonly #media = new Set<Media>()
  #isClosed = false

  /** To be asked before a media is made. @throws {RequestError} `ERR_SERVER_CLOSING` */
  requireOpen(): void {
    if (this.#isClosed) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
  }

  /** Media that are served, or whose sources are being closed. */
  get size(): number {
    return this.#media.size
  }

  note(media: Media): void {
    if (media.state === 'ended' || this.#media.has(media)) return
    this.#media.add(media)
    media.onEnded(() => void media.end().then(() => this.#media.delete(media)))
    if (this.#isClosed) void media.end()
  }

  /** Ends all of them, and whatever comes later. @returns When the sources of those that came so far are closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#media].map((media) => media.end()))
  }
}

import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'

/** The media of a server until their sources are closed, including those of removed mounts. */
export class ServedMedia {
  readonly #media = new Set<Media>()
  #isClosed = false

  /** Checks that a media may be created. @throws {RequestError} `ERR_SERVER_CLOSING` */
  requireOpen(): void {
    if (this.#isClosed) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
  }

  /** Number of media in use, or whose sources are being closed. */
  get size(): number {
    return this.#media.size
  }

  note(media: Media): void {
    if (media.state === 'ended' || this.#media.has(media)) return
    this.#media.add(media)
    media.onEnded(() => void media.end().then(() => this.#media.delete(media)))
    if (this.#isClosed) void media.end()
  }

  /**
   * Ends all media, including later ones. @returns Resolves when the sources of the present media
   * are closed.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#media].map((media) => media.end()))
  }
}

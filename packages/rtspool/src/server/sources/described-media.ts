import type { Media, MediaParticipant } from '../../media/media.js'
import type { MediaFactory, MediaRequest } from '../../media/media-factory.js'

/**
 * A media that is not shared, between the DESCRIBE that it was made for and the SETUP that takes it. It would
 * end if nobody held it: its viewer is the only one that it will ever have.
 */
export class DescribedMedia implements MediaParticipant {
  readonly media: Media
  readonly #factory: MediaFactory
  readonly #request: MediaRequest

  constructor(media: Media, factory: MediaFactory, request: MediaRequest) {
    this.media = media
    this.#factory = factory
    this.#request = request
    media.join(this)
  }

  /** Whether this is what the factory would make for the request. */
  isFor(factory: MediaFactory, { path, query }: MediaRequest): boolean {
    return (
      this.#factory === factory &&
      this.#request.path === path &&
      this.#request.query === query &&
      this.media.state !== 'ended'
    )
  }

  release(): void {
    this.media.leave(this)
  }

  mediaEnded(): void {
    // The SETUP that follows makes another one.
  }
}

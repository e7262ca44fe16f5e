import type { Media, MediaParticipant } from '../../media/media.js'
import type { MediaFactory, MediaRequest } from '../../media/media-factory.js'

/**
 * Holds a media that is not shared, between the DESCRIBE that created it and the SETUP that uses
 * it. Without a holder it would end, because it will never have another viewer.
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

  /** True if the factory would create this media for the request. */
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
    // The SETUP that follows creates another media.
  }
}

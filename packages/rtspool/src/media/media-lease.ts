import type { Media } from './media.js'
import type { MediaFactory } from './media-factory.js'
import type { MediaRequest } from './media-factory-options.js'
import type { MediaParticipant } from './participants.js'

/** Factory that has created a media which is not shared, and the request that it was created for. */
export interface MediaOrigin {
  readonly factory: MediaFactory
  readonly request: MediaRequest
}

/**
 * Keeps a media from ending while a request uses it. A media that is not shared is also kept alive
 * between the DESCRIBE that created it and the SETUP of its only viewer.
 */
export class MediaLease implements MediaParticipant {
  readonly media: Media
  /** Factory and request for which the media was created; `undefined` if the media is shared. */
  readonly origin: MediaOrigin | undefined

  /**
   * Joins the media, which then does not end before {@link release}.
   *
   * @param origin - Factory and request of a media that is not shared.
   */
  constructor(media: Media, origin?: MediaOrigin) {
    this.media = media
    this.origin = origin
    media.participants.join(this)
  }

  /** Returns whether the media has not ended, and the factory would create it for the request. */
  isFor(factory: MediaFactory, { path, query }: MediaRequest): boolean {
    const { origin } = this
    return (
      origin?.factory === factory &&
      origin.request.path === path &&
      origin.request.query === query &&
      this.media.state !== 'ended'
    )
  }

  /**
   * Leaves the media. Idempotent. The media ends if nobody else uses it and it was neither started nor described: a
   * refused request leaves nothing open.
   */
  release(): void {
    const { media } = this
    media.participants.leave(this)
    const isUnused = media.participantCount === 0 && media.state === 'idle'
    if (isUnused && !media.isDescribed) void media.end()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  mediaEnded(): void {
    // The request, or the SETUP that follows a DESCRIBE, finds out.
  }
}

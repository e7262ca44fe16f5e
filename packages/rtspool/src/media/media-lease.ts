import type { Media, MediaParticipant } from './media.js'
import type { MediaFactory, MediaRequest } from './media-factory.js'

/** The factory that has made a media which is not shared, and the request that it was made for. */
export interface MediaOrigin {
  readonly factory: MediaFactory
  readonly request: MediaRequest
}

/**
 * Keeps a media while a request works on it, or, where the media is not shared, between the DESCRIBE that it was made
 * for and the SETUP of its only viewer.
 */
export class MediaLease implements MediaParticipant {
  readonly media: Media
  /** Absent where the media is shared. */
  readonly origin: MediaOrigin | undefined

  /** @param origin - Of a media that is not shared. */
  constructor(media: Media, origin?: MediaOrigin) {
    this.media = media
    this.origin = origin
    media.join(this)
  }

  /** True if this is the media that the factory would make for the request. */
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
   * Leaves the media. Idempotent. A media ends that nobody uses, started or described: a refused request leaves no media
   * behind.
   */
  release(): void {
    const { media } = this
    media.leave(this)
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

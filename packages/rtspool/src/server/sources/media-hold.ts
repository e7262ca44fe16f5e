import type { Media, MediaParticipant } from '../../media/media.js'

/** Media whose description a client has received, so that a SETUP will follow. */
const described = new WeakSet<Media>()

/** Holds a media while a request works on it, until a session holds it. */
export class MediaHold implements MediaParticipant {
  readonly media: Media

  constructor(media: Media) {
    this.media = media
    media.join(this)
  }

  /** Notes that the media was described: a failed request does not end it any more. */
  noteDescribed(): void {
    described.add(this.media)
  }

  /**
   * Releases the hold. Ends the media if nobody uses, started or described it, so that a refused
   * request leaves nothing behind.
   */
  release(): void {
    const { media } = this
    media.leave(this)
    const isUnused = media.participantCount === 0 && media.state === 'idle'
    if (isUnused && !described.has(media)) void media.end()
  }

  mediaEnded(): void {
    // The request will find out.
  }
}

import type { Media, MediaParticipant } from '../../media/media.js'

/** A client knows their description, and is going to set them up. */
const described = new WeakSet<Media>()

/** Keeps a media while a request works on it, until a session does. */
export class MediaHold implements MediaParticipant {
  readonly media: Media

  constructor(media: Media) {
    this.media = media
    media.join(this)
  }

  /** From now on the media is not ended by a request that came to nothing. */
  noteDescribed(): void {
    described.add(this.media)
  }

  /** Lets go of it. One that nobody uses, has started or has described ends: a refused request leaves no media. */
  release(): void {
    const { media } = this
    media.leave(this)
    const isUnused = media.participantCount === 0 && media.state === 'idle'
    if (isUnused && !described.has(media)) void media.end()
  }

  mediaEnded(): void {
    // The request finds out.
  }
}

import type { Media } from '../../media/media.js'
import type { MediaInfo } from '../../public/media.js'
import { PublicMap } from '../../public/public-map.js'
import type { MediaContext } from '../request/request-context.js'

/**
 * Maximum number of media that wait for their source without any viewer; beyond it, the oldest ends. It limits the
 * paths that a client can occupy by publishing to one after another.
 */
const maxUnwatched = 100

/** Receives a notice when a media of a server starts or ends. */
export interface ServedMediaListener {
  /** Called when the source of a media has started. */
  started(media: Media): void
  /** Called when a started media has ended. */
  ended(media: Media): void
}

/** Media of a server, including those of removed mounts, until their sources are closed. */
export class ServedMedia implements MediaContext {
  readonly list = new PublicMap<Media>()
  readonly #listener: ServedMediaListener
  #isClosed = false

  constructor(listener: ServedMediaListener) {
    this.#listener = listener
  }

  /** True while the server closes: no media may be created. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  find({ publicId }: MediaInfo): Media | undefined {
    const media = this.list.get(publicId)
    return media?.state === 'ended' ? undefined : media
  }

  note(media: Media): void {
    if (media.state === 'ended' || this.list.has(media)) return
    this.list.add(media)
    media.onStarted(() => this.#listener.started(media))
    media.onEnded(() => {
      void media.end().then(() => this.list.delete(media))
      if (media.startedTime) this.#listener.ended(media)
    })
    if (this.#isClosed) void media.end()
  }

  /**
   * Ends the oldest media that have no viewer and wait for their source, if there are more than {@link maxUnwatched}.
   */
  boundWaiting(): void {
    const unwatched = [...this.list].filter(
      ({ awaySince, participantCount }) => awaySince !== undefined && participantCount === 0,
    )
    for (const media of unwatched.slice(0, -maxUnwatched)) void media.end()
  }

  /**
   * Ends all media of the server. Media that are created later end at once.
   *
   * @returns Resolves when the sources of the present media are closed.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.list].map((media) => media.end()))
  }
}

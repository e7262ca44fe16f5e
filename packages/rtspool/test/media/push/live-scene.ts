import type { Media } from '../../../src/media/media.js'
import { constructMedia } from '../../../src/media/media-factory.js'
import {
  LiveMedia,
  type LiveMediaOptions,
  type TrackFormat,
} from '../../../src/media/push/index.js'
import { MediaReader } from '../../../src/media/streams/media-reader.js'
import type { AccessUnit } from '../../../src/public/access-unit.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { nextTurn } from '../../support/until.js'

/** Creates a live media on a fake clock; closed after the test. */
export function liveMedia<const Formats extends readonly TrackFormat[]>(
  options: LiveMediaOptions<Formats>,
) {
  const clock = new ManualClock()
  const live = new LiveMedia({ clock, ...options })
  closeAfterTest(live)
  return { clock, live, tracks: live.tracks }
}

/** A viewer inside the process, who reads access units. */
export class LiveViewer {
  readonly media: Media
  readonly #reader: MediaReader

  constructor(media: Media) {
    this.media = media
    this.#reader = new MediaReader(media, { from: 'keyFrame', maxQueuedBytes: 0 })
  }

  /** Constructs the media as a DESCRIBE does, and plays it. */
  static async of(
    { factory }: Pick<LiveMedia, 'factory'>,
    clock: ManualClock,
  ): Promise<LiveViewer> {
    const media = await constructMedia(factory, { path: '/cam', query: undefined }, { clock })
    const viewer = new LiveViewer(media)
    await media.play()
    viewer.#reader.start()
    return viewer
  }

  /** Returns the access units since the last call. Waits for the end of the turn, at which they are sent. */
  async units(): Promise<AccessUnit[]> {
    await nextTurn(2)
    const units: AccessUnit[] = []
    for (let unit = this.#reader.next(); unit; unit = this.#reader.next()) units.push(unit)
    return units
  }

  /** Returns the units of one track since the last call. */
  async unitsOf(track: number): Promise<AccessUnit[]> {
    return (await this.units()).filter((unit) => unit.track.index === track)
  }

  get sdp(): string {
    return this.media.describe({}).toString()
  }

  get isEnded(): boolean {
    return this.media.state === 'ended'
  }

  close(): void {
    this.#reader.close()
  }
}

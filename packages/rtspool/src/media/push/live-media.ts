import { EventEmitter } from 'node:events'
import { tell } from '../../listeners.js'
import { MediaFactory } from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import { isRtpFormat, type RtpFormat, type TrackFormat } from './formats/track-format.js'
import { type LiveMediaOptions, resolveLiveMediaOptions } from './live-media-options.js'
import { LiveOutlet } from './live-outlet.js'
import { LiveTrack } from './live-track.js'
import { LiveRtpTrack } from './rtp-track.js'

/**
 * Class of the track that an application writes in a given format: {@link LiveRtpTrack} for `rtp()`, {@link LiveTrack}
 * for any other.
 */
export type LiveTrackOf<Format extends TrackFormat> = Format extends RtpFormat
  ? LiveRtpTrack
  : LiveTrack

/** Events of {@link LiveMedia}. */
export interface LiveMediaEvents {
  /** Emitted when a client requests a media that no other client uses: the program should begin to write. */
  wanted: []
  /** Emitted `lingerSeconds` after the last viewer has left: the program may stop writing. */
  unwanted: []
  /**
   * Emitted when a viewer waits for a key frame of a video track: once until the next key frame is written, or the next
   * packet of a {@link LiveRtpTrack}.
   */
  keyFrameRequested: [track: LiveTrack | LiveRtpTrack]
}

/**
 * A live presentation that a program writes: pictures and sound of an encoder, a camera, a microphone.
 *
 * ```ts
 * const live = new LiveMedia({ tracks: [h264(), aac()] })
 * const [video, sound] = live.tracks
 * server.mounts.add('/cam', live.factory)
 * encoder.on('picture', (bytes, pts) => video.writeAccessUnit(bytes, { pts }))
 * ```
 *
 * Viewers never slow down the program: one that is too slow loses pictures up to the next key frame.
 */
export class LiveMedia<
  const Formats extends readonly TrackFormat[] = readonly TrackFormat[],
> extends EventEmitter<LiveMediaEvents> {
  /** Tracks that the application writes, one for each format of the option `tracks`, in the same order. */
  readonly tracks: { readonly [Index in keyof Formats]: LiveTrackOf<Formats[Index]> }
  /** Factory to mount at any number of paths and servers: `server.mounts.add('/cam', live.factory)`. */
  readonly factory: MediaFactory
  readonly #outlet: LiveOutlet
  readonly #parametersTimeoutMs: number

  /**
   * Creates the tracks, one for each format, and the factory.
   *
   * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
   */
  constructor(options: LiveMediaOptions<Formats>) {
    super()
    const { tracks, name, clock, gopCache, parametersTimeoutMs } = resolveLiveMediaOptions(options)
    const leader = tracks.findIndex((format) => !isRtpFormat(format) && format.kind === 'video')
    const outlet = new LiveOutlet({
      ...{ clock, gopCache, name },
      leader: leader < 0 ? undefined : leader,
      onKeyFrameWanted: (index) => {
        const track = this.tracks[index]
        if (track) tell(this, 'keyFrameRequested', track)
      },
      onWanted: (isWanted) => void tell(this, isWanted ? 'wanted' : 'unwanted'),
    })
    this.#outlet = outlet
    this.#parametersTimeoutMs = parametersTimeoutMs
    this.tracks = tracks.map((format, index) =>
      isRtpFormat(format)
        ? new LiveRtpTrack(index, format, outlet)
        : new LiveTrack(index, format, outlet, clock),
    ) as unknown as this['tracks']
    const { lingerSeconds, multicast, backChannel } = options
    this.factory = new MediaFactory(() => this.openSource(), {
      ...{ lingerSeconds, multicast, backChannel, gopCache: options.gopCache },
      startTimeoutSeconds: 0,
      // The query does not change what is written.
      sharedKey: ({ path }) => path,
    })
  }

  /** True while a viewer uses the media, or a client has asked for it; see the events `wanted` and `unwanted`. */
  get isWanted(): boolean {
    return this.#outlet.isWanted
  }

  /**
   * Opens the tracks as a source, for a `MediaFactory` of your own that first starts an encoder. `factory` is simpler if
   * nothing has to be done before.
   *
   * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE`: the media is closed, or no track has its parameters within
   *   `parametersTimeoutSeconds`.
   */
  openSource(): Promise<MediaSource> {
    return this.#outlet.open(this.#parametersTimeoutMs)
  }

  /**
   * Notes that nothing will be written for a while, because the encoder or camera is away. A `MediaFactory` of your own
   * that serves {@link openSource} then keeps viewers for its `holdSeconds`, and sends them its `slate`. The next
   * picture that is written ends this, or the next sound without video: viewers continue with the next key frame.
   */
  noteAway(): void {
    this.#outlet.noteAway()
  }

  /**
   * Ends the media: sessions of viewers end with reason `mediaEnded`. Further writes return `false`, and requests get
   * 503. Idempotent.
   */
  async close(): Promise<void> {
    this.#outlet.close()
    await this.factory.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

import type { Clock } from '../../clock.js'
import { kindOf, shown } from '../../option-checks.js'
import { nextSequenceNumber, sequenceNumberOf } from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { CodedTrack, Packetize } from '../coded/coded-track.js'
import { randomPosition } from '../timeline/start-tracks.js'
import type { ReadUnit, UnitFormat, UnitReader } from './formats/track-format.js'
import type { LiveLink, LiveNumbers } from './live-link.js'
import type { LiveOutlet } from './live-outlet.js'
import { LivePlace } from './live-place.js'
import { type LiveStreamOptions, type Pacing, writableOf, writeAll } from './live-stream.js'
import type { AccessUnitOptions, LiveUnit } from './live-unit.js'

/** Counters of one track of a live media, since the creation of the media. */
export interface LiveTrackStats {
  /** Number of access units that were sent in packets. Samples of G.711 and PCM are counted in packets of 20 ms. */
  readonly units: number
  readonly keyFrames: number
  readonly bytes: number
  /** Number of writes that were dropped, because they cannot be read or the parameters of the stream are unknown. */
  readonly droppedWrites: number
}

/** Clock rate in ticks per second with which the track counts while its real clock rate is unknown. */
const nominalRate = 90_000
/** Payload type of the first track; that of each further track is higher by one (RFC 3551 section 6: dynamic types). */
const firstPayloadType = 96

/** A track of a live media that an application writes in access units. */
export class LiveTrack {
  /** Position among the tracks of the live media, from 0. */
  readonly index: number
  readonly format: UnitFormat
  readonly #outlet: LiveOutlet
  readonly #clock: Clock
  readonly #reader: UnitReader
  readonly #place: LivePlace
  /** SSRC, sequence number and RTP timestamp with which the track begins, all random. */
  readonly #start = randomPosition()
  #sequenceNumber = this.#start.sequenceNumber
  #coded: CodedTrack | undefined
  #packetize: Packetize | undefined
  #wantsKeyFrame = false
  readonly #counters = { units: 0, keyFrames: 0, bytes: 0, droppedWrites: 0 }

  /** @internal Adds the track to the tracks of a live media. */
  constructor(index: number, format: UnitFormat, outlet: LiveOutlet, clock: Clock) {
    this.index = index
    this.format = format
    this.#outlet = outlet
    this.#clock = clock
    this.#reader = format.open(firstPayloadType + index)
    this.#place = new LivePlace(outlet.timeline, format.kind)
    this.#adopt()
    outlet.join(this.#linkFor(this))
  }

  /** Description for viewers; `undefined` while the parameters of the stream are unknown. */
  get description(): MediaDescription | undefined {
    return this.#coded?.description
  }

  /**
   * True from the moment at which a viewer waits for a key frame until the next key frame is written. Pass the value
   * to an encoder that is called for each picture, such as `VideoEncoder.encode`.
   */
  get wantsKeyFrame(): boolean {
    return this.#wantsKeyFrame
  }

  get stats(): LiveTrackStats {
    return { ...this.#counters }
  }

  /**
   * Sends an access unit to all viewers: one picture, or one frame of sound. Samples of G.711 and PCM may be written in
   * pieces of any size.
   *
   * @param bytes - The unit. Its memory may be reused after the call.
   * @returns `false` if the unit was dropped: it cannot be read, its parameters are unknown, or the media is closed.
   * @throws {TypeError | RangeError} `bytes` is not a `Uint8Array`, or `pts` is not a finite number.
   */
  writeAccessUnit(bytes: Uint8Array, options: AccessUnitOptions = {}): boolean {
    const { pts, keyFrame } = options
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`bytes must be a Uint8Array, got ${kindOf(bytes)}`)
    }
    if (pts !== undefined && !Number.isFinite(pts)) {
      throw new RangeError(`pts must be a finite number of seconds, got ${shown(pts)}`)
    }
    if (this.#outlet.isClosed) return false
    this.#placeNext(pts)
    const units = this.#reader.read(bytes, keyFrame)
    this.#adopt()
    if (!units) {
      this.#counters.droppedWrites++
      return false
    }
    for (const unit of units) this.#send(unit)
    return true
  }

  /**
   * Writes all units of a source, such as the `stdout` of a child process with `split: true`.
   *
   * @param source - Access units with or without times, or with `split` a byte stream in chunks of any size.
   * @returns Resolves when the source has ended, or the media is closed.
   * @throws The error of the source; the reason of the signal.
   */
  writeFrom(source: AsyncIterable<LiveUnit>, options: LiveStreamOptions = {}): Promise<void> {
    return writeAll(this, source, options, this.#pacing)
  }

  /**
   * Returns a stream that writes what is written to it. With `pace`, its backpressure is that of real time.
   *
   * @throws {TypeError} Names the wrong option.
   */
  writable(options: LiveStreamOptions = {}): WritableStream<LiveUnit> {
    return writableOf(this, options, this.#pacing)
  }

  get #pacing(): Pacing {
    return {
      clock: this.#clock,
      closed: this.#outlet.closed,
      waitMs: (pts) => this.#place.waitMs(pts),
    }
  }

  /**
   * Sets the position on the timeline of the bytes that are written next. Samples that wait in front of a gap are sent
   * before.
   */
  #placeNext(pts: number | undefined): void {
    const pending = this.#reader.pendingTicks / this.#clockRate
    const position = this.#place.gapBefore(pts, pending)
    if (position === undefined) return
    const rest = this.#reader.flush()
    if (rest) this.#send(rest)
    this.#place.moveTo(position)
  }

  #send(unit: ReadUnit): void {
    const position = this.#place.next
    const packets = this.#packetize?.(unit, this.#timestampAt(position)) ?? []
    const last = packets.at(-1)
    this.#place.advance(
      unit.ticks > 0 ? unit.ticks / this.#clockRate : (this.format.unitSeconds ?? 0),
    )
    if (!last) return
    this.#sequenceNumber = nextSequenceNumber(sequenceNumberOf(last))
    this.#counters.units++
    this.#counters.bytes += unit.bytes.length
    if (unit.isKey && this.format.kind === 'video') {
      this.#counters.keyFrames++
      this.#wantsKeyFrame = false
    }
    this.#outlet.send(this.index, position, packets, unit.isKey)
  }

  /**
   * Takes over the description and packetizer of the reader if they have changed, for example by new SPS and PPS. The
   * stream goes on with its next sequence number.
   */
  #adopt(): void {
    const before = this.#coded
    const { coded } = this.#reader
    if (coded === before) return
    this.#coded = coded
    this.#packetize = coded?.createPayloader(this.#numbers)
    this.#outlet.noteParameters(this.index, before)
  }

  get #clockRate(): number {
    return this.#coded?.clockRate ?? nominalRate
  }

  get #numbers(): LiveNumbers {
    return { ssrc: this.#start.ssrc, sequenceNumber: this.#sequenceNumber }
  }

  #timestampAt(position: number): number {
    const ticks = Math.round(position * this.#clockRate)
    return (((this.#start.timestamp + ticks) % 2 ** 32) + 2 ** 32) % 2 ** 32
  }

  #linkFor(track: LiveTrack): LiveLink {
    return {
      index: track.index,
      get coded() {
        return track.#coded
      },
      get isComplete() {
        return track.#reader.isComplete
      },
      get next() {
        return track.#numbers
      },
      timestampAt: (position) => track.#timestampAt(position),
      wantKeyFrame: () => {
        const isNew = !track.#wantsKeyFrame
        track.#wantsKeyFrame = true
        return isNew
      },
    }
  }
}

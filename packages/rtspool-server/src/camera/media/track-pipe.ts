import type { Clock, MediaDescription, TrackOutput, TrackPosition } from 'rtspool'
import { createDepacketizer, type Depacketizer, markerOf, timestampOf } from 'rtspool/rtp'
import type { Faults } from '../faults.js'
import { randomBits, seededRandom } from '../random.js'
import { Departure } from './departure.js'
import type { UnitWriter } from './media-quirk.js'
import { PacketFaults } from './packet-faults.js'

const rtpHeaderBytes = 12
const rtpVersionByte = 0x80
const markerBit = 0x80
const timestampBits = 32
const sequenceModulus = 2 ** 16

/** Properties of a {@link TrackPipe}. */
export interface TrackPipeInit {
  readonly track: TrackOutput
  /** Description of the track by the source, before quirks have changed it. */
  readonly described: MediaDescription
  readonly clock: Clock
  readonly faults: Faults
  readonly writer: UnitWriter | undefined
}

/**
 * Carries the packets of one track to its output, with faults.
 *
 * ```text
 *  source ─▶ quirk (packets anew) ─▶ numbers by the seed ─▶ loss … ─▶ stall, jitter ─▶ output
 * ```
 */
export class TrackPipe {
  readonly #track: TrackOutput
  readonly #described: MediaDescription
  readonly #network: PacketFaults
  readonly #departure: Departure
  readonly #writer: UnitWriter | undefined
  readonly #depacketizer: Depacketizer | undefined
  readonly #payloadType: number
  readonly #first: TrackPosition
  #sequenceNumber: number
  /** Ticks to add to RTP timestamps of the source to get those of the output; `undefined` before the first one. */
  #shift: number | undefined

  constructor({ track, described, clock, faults, writer }: TrackPipeInit) {
    const { index, description } = track
    this.#track = track
    this.#described = described
    this.#network = new PacketFaults(faults, index)
    this.#departure = new Departure({
      ...{ clock, faults, trackIndex: index, isVideo: description.kind === 'video' },
      send: (packet) => void track.push(packet),
    })
    this.#writer = writer
    const [payloadType = 0] = description.payloadTypes
    this.#payloadType = payloadType
    this.#depacketizer = writer && depacketizerOf(described, writer)
    const random = seededRandom(faults.seed, index, 0)
    this.#first = {
      ssrc: randomBits(random, 32),
      sequenceNumber: randomBits(random, 16),
      timestamp: randomBits(random, timestampBits),
    }
    this.#sequenceNumber = this.#first.sequenceNumber
  }

  start(): void {
    this.#departure.start()
  }

  /**
   * Tells the output its SSRC, first sequence number and first RTP timestamp, which follow from the seed.
   *
   * @param position - SSRC, first sequence number and first RTP timestamp of the source.
   */
  startAt(position: TrackPosition): void {
    this.#shift = this.#first.timestamp - position.timestamp
    this.#track.startAt(this.#first)
  }

  mapTime(unixMs: number, rtpTime: number, clockMs: number | undefined): void {
    this.#track.mapTime(unixMs, this.#shifted(rtpTime), clockMs)
  }

  push(packet: Buffer): void {
    if (!this.#writer || !this.#depacketizer) {
      this.#send(packet, markerOf(packet), timestampOf(packet))
      return
    }
    for (const unit of this.#depacketizer.push(packet)) {
      for (const { payload, marker } of this.#writer.write(unit, this.#described)) {
        const copy = Buffer.concat([Buffer.alloc(rtpHeaderBytes), payload])
        this.#send(copy, marker, unit.timestamp)
      }
    }
  }

  /** Drops the packets that wait to be sent. Idempotent. */
  close(): void {
    this.#departure.close()
  }

  #send(packet: Buffer, marker: boolean, timestamp: number): void {
    packet[0] = rtpVersionByte
    packet[1] = (marker ? markerBit : 0) | this.#payloadType
    packet.writeUInt16BE(this.#sequenceNumber, 2)
    packet.writeUInt32BE(this.#shifted(timestamp), 4)
    packet.writeUInt32BE(this.#first.ssrc, 8)
    this.#sequenceNumber = (this.#sequenceNumber + 1) % sequenceModulus
    for (const each of this.#network.push(packet)) this.#departure.push(each)
  }

  #shifted(timestamp: number): number {
    this.#shift ??= this.#first.timestamp - timestamp
    return (timestamp + this.#shift) >>> 0
  }
}

const depacketizerOf = (described: MediaDescription, { encoding }: UnitWriter): Depacketizer =>
  createDepacketizer({
    ...{ encoding, kind: described.kind },
    parameters: described.fmtp(described.payloadTypes[0] ?? 0),
  })

import { isValidRtp, sequenceNumberOf, ssrcOf } from '../packet.js'
import { nextSequenceNumber, sequenceDistance } from '../sequence.js'

/**
 * Maximum step forward in sequence numbers that counts as loss; a larger one counts as a jump (RFC
 * 3550 A.1). A step back of at most `maxMisorder` counts as late.
 */
const maxDropout = 3000
const maxMisorder = 100

/**
 * Position of a packet in its stream. `next`: in order. `gap`: after lost packets. `late`: late or
 * repeated. `jump`: first of another source, or after a restart. `invalid`: no RTP.
 */
export type PacketPlace = 'next' | 'gap' | 'late' | 'jump' | 'invalid'

/** Determines the position of each packet of a stream by its sequence number. */
export class PacketOrder {
  #ssrc: number | undefined
  #expected = 0
  #lost = 0
  #invalid = 0

  /** Number of packets that have not arrived so far, by the gaps in the sequence numbers. */
  get lostPackets(): number {
    return this.#lost
  }

  /** Number of packets so far that are no RTP. */
  get invalidPackets(): number {
    return this.#invalid
  }

  next(packet: Uint8Array): PacketPlace {
    if (!isValidRtp(packet)) {
      this.#invalid++
      return 'invalid'
    }
    const ssrc = ssrcOf(packet)
    const sequenceNumber = sequenceNumberOf(packet)
    const isFirst = this.#ssrc === undefined
    const distance = sequenceDistance(this.#expected, sequenceNumber)
    const isJump = ssrc !== this.#ssrc || distance > maxDropout || distance < -maxMisorder
    if (!isJump && distance < 0) return 'late'
    this.#ssrc = ssrc
    this.#expected = nextSequenceNumber(sequenceNumber)
    if (isJump) return isFirst ? 'next' : 'jump'
    this.#lost += distance
    return distance === 0 ? 'next' : 'gap'
  }
}

import type { Faults } from '../faults.js'
import { type Random, seededRandom } from '../random.js'

/** Maximum number of later packets that overtake one late packet. */
const maxOvertaking = 3
const all = 100

/** RTP packet that waits until `overtakenBy` later packets have been sent. */
interface HeldPacket {
  readonly packet: Buffer
  overtakenBy: number
}

/**
 * Loses, repeats and reorders packets, as a bad network does. Each fault has random numbers of its
 * own, so that one more fault leaves the others as they are.
 */
export class PacketFaults {
  readonly #faults: Pick<Faults, 'loss' | 'reorder' | 'duplicate'>
  readonly #loss: Random
  readonly #reorder: Random
  readonly #duplicate: Random
  #held: HeldPacket[] = []

  /** @param trackIndex - Index of the track, a part of the seed, so that each track loses different packets. */
  constructor(faults: Pick<Faults, 'loss' | 'reorder' | 'duplicate' | 'seed'>, trackIndex: number) {
    this.#faults = faults
    this.#loss = seededRandom(faults.seed, trackIndex, 1)
    this.#reorder = seededRandom(faults.seed, trackIndex, 2)
    this.#duplicate = seededRandom(faults.seed, trackIndex, 3)
  }

  /** Returns the packets to send now: `packet` itself, once, twice or not at all, and held packets that are due. */
  push(packet: Buffer): readonly Buffer[] {
    const { loss, reorder, duplicate } = this.#faults
    const isLost = this.#loss() * all < loss
    const isRepeated = this.#duplicate() * all < duplicate
    const isLate = this.#reorder() * all < reorder
    const late = this.#overtake()
    if (isLost) return late
    if (isLate) {
      const overtakenBy = 1 + Math.floor(this.#reorder() * maxOvertaking)
      this.#held.push({ packet, overtakenBy })
      return late
    }
    return isRepeated ? [packet, Buffer.from(packet), ...late] : [packet, ...late]
  }

  /** Counts one later packet for each held one, and returns the held ones that enough packets have overtaken. */
  #overtake(): Buffer[] {
    if (this.#held.length === 0) return []
    const due: Buffer[] = []
    this.#held = this.#held.filter((held) => {
      held.overtakenBy--
      if (held.overtakenBy > 0) return true
      due.push(held.packet)
      return false
    })
    return due
  }
}

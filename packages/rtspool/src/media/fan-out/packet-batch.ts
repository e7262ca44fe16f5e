import { isReadingShared } from '../../transport/system/read-memory.js'
import { packetRoles } from './packet-roles.js'

/**
 * Number of packets at which a batch is sent before its frame has ended. The next constant is for
 * bytes. No frame of a camera has as many.
 */
const maxPackets = 1024
const maxBytes = 1024 * 1024
const nothing: readonly Buffer[] = Object.freeze([])
const { frameStart } = packetRoles

/** Packets of one track that are sent together: a whole frame, or all packets of one turn of the event loop. */
export class PacketBatch {
  readonly packets: Buffer[] = []
  sizeBytes = 0
  /** Size of the largest packet of the batch, in bytes; 0 without packets. */
  largestBytes = 0
  /**
   * Index of the packet at which a slow reader can continue, or -1. This packet is the batch's first entry point, or
   * the first packet that belongs to it, such as an SPS.
   */
  entryIndex = -1
  /**
   * Packets of earlier batches that belong to that entry point. A reader to which they were not sent needs them
   * first.
   */
  earlierLeads: readonly Buffer[] = nothing
  /**
   * Index in the batch of the first packet that begins an access unit (picture or frame of sound); -1 if there is none.
   */
  frameIndex = -1
  /** Number of packets, from the first on, that no later read overwrites. */
  #owned = 0

  /** True if the batch has reached its limit, and must be sent before another packet is pushed. */
  get isFull(): boolean {
    return this.packets.length >= maxPackets || this.sizeBytes >= maxBytes
  }

  /**
   * Appends a packet. The batch holds it, so that nobody may change it afterwards.
   *
   * @param role - Bits of {@link packetRoles}.
   */
  push(packet: Buffer, role: number): void {
    if (role & frameStart && this.frameIndex < 0) this.frameIndex = this.packets.length
    this.packets.push(packet)
    this.sizeBytes += packet.length
    if (packet.length > this.largestBytes) this.largestBytes = packet.length
  }

  /**
   * Copies the packets of the present read, so that the batch can wait beyond it. The copies share one buffer of their
   * size. Does nothing outside of a read into the memory that sockets share, because other packets stay as they are.
   */
  own(): void {
    const { packets } = this
    if (!isReadingShared() || this.#owned === packets.length) return
    let sizeBytes = 0
    for (let index = this.#owned; index < packets.length; index++)
      sizeBytes += packets[index]?.length ?? 0
    const memory = Buffer.allocUnsafeSlow(sizeBytes)
    let start = 0
    for (let index = this.#owned; index < packets.length; index++) {
      const packet = packets[index] as Buffer
      memory.set(packet, start)
      packets[index] = memory.subarray(start, start + packet.length)
      start += packet.length
    }
    this.#owned = packets.length
  }

  /**
   * Notes that the next pushed packet is an entry point. Only the first entry point of a batch counts.
   *
   * @param leads - Latest packets pushed to the track, in this batch or before, that belong to the entry point.
   */
  noteEntry(leads: readonly Buffer[]): void {
    if (this.entryIndex >= 0) return
    const before = leads.length - this.packets.length
    this.entryIndex = Math.max(0, -before)
    if (before > 0) this.earlierLeads = leads.slice(0, before)
  }

  /** Returns the total size in bytes of the packets of the batch before the one at index `packetIndex`. */
  bytesBefore(packetIndex: number): number {
    let sizeBytes = 0
    for (let index = 0; index < packetIndex; index++) {
      sizeBytes += this.packets[index]?.length ?? 0
    }
    return sizeBytes
  }
}

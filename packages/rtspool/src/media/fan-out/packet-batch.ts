import { packetRoles } from './packet-roles.js'

/** Limit on a batch, far more than any frame has. A flood in one turn is passed on in pieces. */
const maxPackets = 1024
const maxBytes = 1024 * 1024
const nothing: readonly Buffer[] = Object.freeze([])
const { frameStart } = packetRoles

/** Packets of one track from one turn of the event loop, which leave together. */
export class PacketBatch {
  readonly packets: Buffer[] = []
  sizeBytes = 0
  /** Size of the largest packet. */
  largestBytes = 0
  /**
   * Index at which a reader that was behind can continue: an entry point or the first of its leads;
   * -1 = none.
   */
  entryIndex = -1
  /**
   * Leads of that entry point that have been sent before: a reader that has missed them needs them
   * first.
   */
  earlierLeads: readonly Buffer[] = nothing
  /** Index of the first packet that begins an access unit, or -1. */
  frameIndex = -1

  /** True if the batch must be sent before further packets. */
  get isFull(): boolean {
    return this.packets.length >= maxPackets || this.sizeBytes >= maxBytes
  }

  /** @param role - Bits of {@link packetRoles}. */
  push(packet: Buffer, role: number): void {
    if (role & frameStart && this.frameIndex < 0) this.frameIndex = this.packets.length
    this.packets.push(packet)
    this.sizeBytes += packet.length
    if (packet.length > this.largestBytes) this.largestBytes = packet.length
  }

  /**
   * Marks the next packet as an entry point.
   *
   * @param leads - Its leads: the packets pushed last, in this batch and before.
   */
  noteEntry(leads: readonly Buffer[]): void {
    if (this.entryIndex >= 0) return
    const before = leads.length - this.packets.length
    this.entryIndex = Math.max(0, -before)
    if (before > 0) this.earlierLeads = leads.slice(0, before)
  }

  /** Returns the size of all packets in front of one. */
  bytesBefore(packetIndex: number): number {
    let sizeBytes = 0
    for (let index = 0; index < packetIndex; index++) {
      sizeBytes += this.packets[index]?.length ?? 0
    }
    return sizeBytes
  }
}

import { packetRoles } from './packet-roles.js'

/** Far more than any frame: who sends that in one turn is a flood, and is passed on in pieces. */
const maxPackets = 1024
const maxBytes = 1024 * 1024
const nothing: readonly Buffer[] = Object.freeze([])
const { frameStart } = packetRoles

/** What came for one track in one turn of the event loop: it leaves together. */
export class PacketBatch {
  readonly packets: Buffer[] = []
  sizeBytes = 0
  /** Size of the largest packet. */
  largestBytes = 0
  /** Where a reader that was behind may go on at an entry point: its leads, or itself; -1 = nowhere. */
  entryIndex = -1
  /** Leads of that entry point that have left before: a reader that has not had them needs them first. */
  earlierLeads: readonly Buffer[] = nothing
  /** The first packet that begins an access unit, or -1. */
  frameIndex = -1

  /** It has to leave before more comes. */
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
   * The packet that is pushed next is an entry point.
   *
   * @param leads - Of the entry point; those pushed last, in this batch and before.
   */
  noteEntry(leads: readonly Buffer[]): void {
    if (this.entryIndex >= 0) return
    const before = leads.length - this.packets.length
    this.entryIndex = Math.max(0, -before)
    if (before > 0) this.earlierLeads = leads.slice(0, before)
  }

  /** Bytes of the packets in front of one. */
  bytesBefore(packetIndex: number): number {
    let sizeBytes = 0
    for (let index = 0; index < packetIndex; index++) {
      sizeBytes += this.packets[index]?.length ?? 0
    }
    return sizeBytes
  }
}

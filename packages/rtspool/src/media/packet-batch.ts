/** Far more than any frame: who sends that in one turn is a flood, and is passed on in pieces. */
const maxPackets = 1024
const maxBytes = 1024 * 1024

/** What came for one track in one turn of the event loop: it leaves together. */
export class PacketBatch {
  readonly packets: Buffer[] = []
  sizeBytes = 0
  /** Size of the largest packet. */
  largestBytes = 0
  /** The first packet at which a reader that was behind may go on, or -1. */
  resumeIndex = -1

  /** It has to leave before more comes. */
  get isFull(): boolean {
    return this.packets.length >= maxPackets || this.sizeBytes >= maxBytes
  }

  /** @param isResumePoint - Whether a decoder can begin here. */
  push(packet: Buffer, isResumePoint: boolean): void {
    if (isResumePoint && this.resumeIndex < 0) this.resumeIndex = this.packets.length
    this.packets.push(packet)
    this.sizeBytes += packet.length
    if (packet.length > this.largestBytes) this.largestBytes = packet.length
  }

  /** Bytes of the packets in front of the resume point. */
  get bytesBeforeResume(): number {
    let sizeBytes = 0
    for (let index = 0; index < this.resumeIndex; index++) {
      sizeBytes += this.packets[index]?.length ?? 0
    }
    return sizeBytes
  }
}

/** Size in bytes of a packet of a transport stream (ISO/IEC 13818-1 section 2.4.3.2). */
export const packetBytes = 188
export const syncByte = 0x47

/** Number of bytes without a single packet, after which a stream counts as no transport stream. */
const maxForeignBytes = 64 * 1024

/** Cuts a byte stream into the packets of a transport stream, and finds the next packet after damaged bytes. */
export class PacketStream {
  readonly #onPacket: (packet: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)
  #packets = 0
  #skippedBytes = 0

  /** @param onPacket - Called with a view of each packet, which is valid during the call. */
  constructor(onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket
  }

  /** Number of received bytes that belonged to no packet of the transport stream. */
  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** True if so many bytes contained no packet that the stream is no transport stream. */
  get isForeign(): boolean {
    return this.#packets === 0 && this.#skippedBytes >= maxForeignBytes
  }

  /** True if the bytes so far contain a packet of a transport stream, or may be the beginning of one. */
  get mayBeStream(): boolean {
    return this.#packets > 0 || this.#pending[0] === syncByte
  }

  push(chunk: Uint8Array): void {
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, view]) : view
    let at = 0
    while (at + packetBytes < bytes.length) {
      if (bytes[at] === syncByte && bytes[at + packetBytes] === syncByte) {
        this.#send(bytes, at)
        at += packetBytes
      } else at = this.#skip(bytes, at)
    }
    // The last packet of a chunk needs no successor if the packets before it were in step.
    if (at + packetBytes === bytes.length && bytes[at] === syncByte && this.#packets > 0) {
      this.#send(bytes, at)
      at += packetBytes
    }
    // Copied, because the memory of the chunk belongs to the caller.
    this.#pending = Buffer.from(bytes.subarray(at))
  }

  #send(bytes: Buffer, at: number): void {
    this.#packets++
    this.#onPacket(bytes.subarray(at, at + packetBytes))
  }

  /** Skips damaged bytes. @returns The index of the next byte that may begin a packet. */
  #skip(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(syncByte, at + 1)
    const next = found < 0 ? bytes.length : found
    this.#skippedBytes += next - at
    return next
  }
}

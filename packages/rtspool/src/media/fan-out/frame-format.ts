import { interleavedBytes, writeInterleaved } from '../../rtsp/index.js'
import { messageHeaderBytes, writeMessageHeader } from '../../transport/tcp/message-header.js'

const nothing: readonly Buffer[] = Object.freeze([])

/**
 * Form in which one group's packets are written to connections: interleaved frames of one channel (RFC 2326 section
 * 10.12). For WebSockets, one message contains all frames of a write. A server does not mask, so that all WebSockets
 * are sent the same bytes.
 */
export class FrameFormat {
  readonly #channel: number
  readonly #isWebSocket: boolean

  /**
   * Creates the form for one group.
   *
   * @param channel - Channel number of the frames, 0 to 255.
   * @param isWebSocket - True if the frames are put into a message.
   */
  constructor(channel: number, isWebSocket: boolean) {
    this.#channel = channel
    this.#isWebSocket = isWebSocket
  }

  /** Returns the size in bytes of the message header in front of `frameBytes` of frames; 0 without messages. */
  headerBytes(frameBytes: number): number {
    return this.#isWebSocket ? messageHeaderBytes(frameBytes) : 0
  }

  /**
   * Returns the size in bytes of packets in this form.
   *
   * @param first - Index of the first packet that counts.
   * @param leads - Packets in front of the others.
   */
  sizeBytes(packets: readonly Buffer[], first = 0, leads = nothing): number {
    const frameBytes = interleavedBytes(leads) + interleavedBytes(packets, first)
    return this.headerBytes(frameBytes) + frameBytes
  }

  /**
   * Writes packets into memory of the caller, which has room for {@link sizeBytes}.
   *
   * @param offset - Offset in `target` of the first byte to write.
   * @param first - Index of the first packet to write.
   * @param leads - Packets that are written in front of the others.
   */
  write(
    target: Buffer,
    offset: number,
    packets: readonly Buffer[],
    first = 0,
    leads = nothing,
  ): void {
    let at = offset
    if (this.#isWebSocket) {
      const frameBytes = interleavedBytes(leads) + interleavedBytes(packets, first)
      at = writeMessageHeader(target, at, frameBytes)
    }
    at = writeInterleaved(target, at, this.#channel, leads)
    writeInterleaved(target, at, this.#channel, packets, first)
  }

  /** Returns packets in this form in memory of their own, which any number of connections may share. */
  frame(packets: readonly Buffer[]): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.sizeBytes(packets))
    this.write(bytes, 0, packets)
    return bytes
  }
}

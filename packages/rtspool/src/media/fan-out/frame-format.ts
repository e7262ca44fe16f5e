import { interleavedBytes, writeInterleaved } from '../../rtsp/index.js'
import { messageHeaderBytes, writeMessageHeader } from '../../transport/tcp/message-header.js'

const nothing: readonly Buffer[] = Object.freeze([])
/** Size in bytes of the frames in one message above which {@link FrameFormat.frameMany} begins another message. */
const maxMessageBytes = 256 * 1024

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
   * @returns Offset behind the last byte written.
   */
  write(
    target: Buffer,
    offset: number,
    packets: readonly Buffer[],
    first = 0,
    leads = nothing,
  ): number {
    let at = offset
    if (this.#isWebSocket) {
      const frameBytes = interleavedBytes(leads) + interleavedBytes(packets, first)
      at = writeMessageHeader(target, at, frameBytes)
    }
    at = writeInterleaved(target, at, this.#channel, leads)
    return writeInterleaved(target, at, this.#channel, packets, first)
  }

  /** Returns packets in this form in memory of their own, which any number of connections may share. */
  frame(packets: readonly Buffer[]): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.sizeBytes(packets))
    this.write(bytes, 0, packets)
    return bytes
  }

  /**
   * Returns packets like {@link frame}, but in several messages if they are many. A client stores a message until it is
   * complete, and has a limit for its size.
   */
  frameMany(packets: readonly Buffer[]): Buffer {
    if (!this.#isWebSocket) return this.frame(packets)
    const messages: Buffer[] = []
    let begin = 0
    let frameBytes = 0
    for (const [index, packet] of packets.entries()) {
      const sizeBytes = interleavedBytes([packet])
      if (frameBytes > 0 && frameBytes + sizeBytes > maxMessageBytes) {
        messages.push(this.frame(packets.slice(begin, index)))
        begin = index
        frameBytes = 0
      }
      frameBytes += sizeBytes
    }
    return Buffer.concat([...messages, this.frame(packets.slice(begin))])
  }
}

/** Unmasked WebSocket messages, as a server sends them (RFC 6455 section 5.2). */

import type { Writable } from 'node:stream'

/** Writer of a connection that is a WebSocket: it writes messages and control frames to the socket in one order. */
export interface MessageWriter {
  /** Writes a whole control frame, and calls `onTaken` when the kernel has accepted all of it. */
  writeControl(frame: Buffer, onTaken: () => void): void
  /**
   * Accepts no more writes, and calls a function when the event loop may write to the socket. A further call replaces a
   * function that waits.
   */
  finish(writeLast: () => void): void
}

/** Output of a connection: its socket, or a WebSocket on it. */
export interface MessageOutput extends Writable {
  /** Lets a writer write all frames of the WebSocket, but for the last. Called once; absent for a socket. */
  writeBy?(writer: MessageWriter): void
}

/** Opcodes of the messages that a server makes itself. */
export const opcodes = Object.freeze({ binary: 0x2, pong: 0xa } as const)

const isWhole = 0x80
const lengthOf16Bits = 126
const lengthOf64Bits = 127

/** Returns the size in bytes of the header of a message with `sizeBytes` of payload: 2, 4 or 10. */
export function messageHeaderBytes(sizeBytes: number): number {
  if (sizeBytes < lengthOf16Bits) return 2
  return sizeBytes < 2 ** 16 ? 4 : 10
}

/**
 * Writes the header of a binary message into memory of the caller.
 *
 * @param offset - Offset in `target` of the first byte to write.
 * @param sizeBytes - Size of the payload in bytes.
 * @returns Offset behind the last byte written, at which the payload begins.
 */
export function writeMessageHeader(
  target: Buffer,
  offset: number,
  sizeBytes: number,
  opcode: number = opcodes.binary,
): number {
  target[offset] = isWhole | opcode
  if (sizeBytes < lengthOf16Bits) {
    target[offset + 1] = sizeBytes
    return offset + 2
  }
  if (sizeBytes < 2 ** 16) {
    target[offset + 1] = lengthOf16Bits
    return target.writeUInt16BE(sizeBytes, offset + 2)
  }
  target[offset + 1] = lengthOf64Bits
  target.writeUInt32BE(Math.floor(sizeBytes / 2 ** 32), offset + 2)
  return target.writeUInt32BE(sizeBytes >>> 0, offset + 6)
}

/** Returns a whole message with a copy of `payload`, in one new buffer. */
export function messageOf(payload: Buffer, opcode: number = opcodes.binary): Buffer {
  const { length } = payload
  const message = Buffer.allocUnsafe(messageHeaderBytes(length) + length)
  message.set(payload, writeMessageHeader(message, 0, length, opcode))
  return message
}

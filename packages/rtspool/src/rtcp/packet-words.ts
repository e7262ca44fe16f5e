/** RTCP packets consist of 32-bit words. */
export const wordBytes = 4
/** Size in bytes of the header of an RTCP packet. */
export const headerBytes = 4
/** Version 2, in the upper two bits of the first byte. */
const versionBits = 2 << 6
/** Maximum number of reports, chunks or sources in an RTCP packet: the count in its header has five bits. */
const largestCount = 31
/** Maximum number of bytes in a text of an RTCP packet: its length has one octet. */
const largestTextBytes = 255

/**
 * Creates a packet with its header, and zeros as its body.
 *
 * @throws {RangeError} The body is not made of whole words.
 */
export function allocatePacket(packetType: number, count: number, bodyBytes: number): Buffer {
  if (bodyBytes % wordBytes !== 0) {
    throw new RangeError(`an RTCP packet is made of whole 32-bit words, got ${bodyBytes} bytes`)
  }
  const buffer = Buffer.alloc(headerBytes + bodyBytes)
  buffer.writeUInt8(versionBits | count, 0)
  buffer.writeUInt8(packetType, 1)
  buffer.writeUInt16BE(bodyBytes / wordBytes, 2)
  return buffer
}

/**
 * Checks the number of reports, chunks or sources of a packet, and returns it.
 *
 * @throws {RangeError} More than 31.
 */
export function requireCount(count: number, what: string): number {
  if (count <= largestCount) return count
  throw new RangeError(`an RTCP packet holds at most ${largestCount} ${what}, got ${count}`)
}

/**
 * Encodes a text of a packet as UTF-8.
 *
 * @throws {RangeError} More than 255 bytes.
 */
export function requireText(value: string, what: string): Buffer {
  const text = Buffer.from(value, 'utf8')
  if (text.length <= largestTextBytes) return text
  throw new RangeError(`${what} is at most ${largestTextBytes} bytes long, got ${text.length}`)
}

/** Rounds a number of bytes up to whole words. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / wordBytes) * wordBytes
}

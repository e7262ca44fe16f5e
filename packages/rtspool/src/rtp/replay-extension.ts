import { payloadOffsetOf, rtpHeaderBytes } from './packet.js'

/**
 * Reads and writes the RTP header extension of ONVIF replay, which the first packet of each access unit has.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |            0xABAC             |          length = 3           |
 * +-------------------------------+-------------------------------+
 * |                     NTP timestamp, seconds                    |
 * +---------------------------------------------------------------+
 * |                     NTP timestamp, fraction                   |
 * +-+-+-+-+-------+---------------+-------------------------------+
 * |C|E|D|T|  mbz  |     CSeq      |            padding            |
 * +-+-+-+-+-------+---------------+-------------------------------+
 * ```
 *
 * @see ONVIF Streaming Specification, section on replay; RFC 3550 section 5.3.1
 */

/** Facts about an access unit in the RTP header extension of ONVIF replay. */
export interface ReplayExtension {
  /** Wall clock of the recording, in milliseconds since 1970, with fractions. */
  readonly unixMs: number
  /** Bit C of the extension: a decoder can begin with the access unit. */
  readonly isSync: boolean
  /** Bit E of the extension: the access unit is the last one before a gap in the recording, or before its end. */
  readonly isEnd: boolean
  /** Bit D of the extension: in the recording, the access unit does not follow the one that was sent before it. */
  readonly isDiscontinuous: boolean
  /** Bit T of the extension: the access unit is the last one of the track that can be played. */
  readonly isTerminal: boolean
  /** Lowest eight bits of the CSeq of the PLAY that started the transmission. */
  readonly cSeq: number
}

/** Bytes that {@link withReplayExtension} adds to a packet. */
export const replayExtensionBytes = 16

const profile = 0xabac
const words = 3
const extensionBit = 0x10
const csrcCountMask = 0x0f
const flags = { isSync: 0x80, isEnd: 0x40, isDiscontinuous: 0x20, isTerminal: 0x10 } as const
const ntpEpochSeconds = 2_208_988_800
const eraSeconds = 2 ** 32

/**
 * Returns a packet with the replay extension behind its fixed header.
 *
 * @param packet - RTP packet without CSRCs and extension, as the payloaders create it. It is copied.
 */
export function withReplayExtension(packet: Uint8Array, extension: ReplayExtension): Buffer {
  const { unixMs, cSeq } = extension
  const seconds = Math.floor(unixMs / 1000)
  const fraction = Math.floor((unixMs / 1000 - seconds) * 2 ** 32)
  const whole = Buffer.allocUnsafe(packet.length + replayExtensionBytes)
  whole.set(packet.subarray(0, rtpHeaderBytes))
  whole.writeUInt8((packet[0] ?? 0) | extensionBit, 0)
  let at = whole.writeUInt16BE(profile, rtpHeaderBytes)
  at = whole.writeUInt16BE(words, at)
  at = whole.writeUInt32BE((seconds + ntpEpochSeconds) % eraSeconds, at)
  at = whole.writeUInt32BE(fraction, at)
  at = whole.writeUInt8(bitsOf(extension), at)
  at = whole.writeUInt8(cSeq & 0xff, at)
  at = whole.writeUInt16BE(0, at)
  whole.set(packet.subarray(rtpHeaderBytes), at)
  return whole
}

function bitsOf(extension: ReplayExtension): number {
  let bits = 0
  for (const [name, bit] of Object.entries(flags)) {
    if (extension[name as keyof typeof flags]) bits |= bit
  }
  return bits
}

/**
 * Reads the replay extension of an RTP packet.
 *
 * @param packet - Valid RTP.
 * @returns `undefined` if the packet has no extension, or another one.
 */
export function parseReplayExtension(packet: Uint8Array): ReplayExtension | undefined {
  const first = packet[0] ?? 0
  const at = rtpHeaderBytes + (first & csrcCountMask) * 4
  if ((first & extensionBit) === 0 || payloadOffsetOf(packet) > packet.length) return undefined
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.length)
  if (view.readUInt16BE(at) !== profile || view.readUInt16BE(at + 2) < words) return undefined
  const seconds = view.readUInt32BE(at + 4)
  const bits = view.readUInt8(at + 12)
  // RFC 4330 section 3: a clear top bit means the era that begins in 2036.
  const era = seconds < eraSeconds / 2 ? eraSeconds : 0
  return {
    unixMs: (seconds + era - ntpEpochSeconds + view.readUInt32BE(at + 8) / 2 ** 32) * 1000,
    isSync: (bits & flags.isSync) !== 0,
    isEnd: (bits & flags.isEnd) !== 0,
    isDiscontinuous: (bits & flags.isDiscontinuous) !== 0,
    isTerminal: (bits & flags.isTerminal) !== 0,
    cSeq: view.readUInt8(at + 13),
  }
}

/** RTP clock rate of Opus: 48 kHz for every input (RFC 7587 section 4.1). */
export const opusClockRate = 48_000

/** Number of samples, at 48 kHz, of the shortest Opus frame: 2.5 ms. */
const shortestFrame = 120
const frameCountMask = 0x3f
const vbrBit = 0x80
const paddingBit = 0x40
const codeMask = 0x03
/** Maximum number of samples, at 48 kHz, of an Opus packet: 120 ms (RFC 6716 section 3.4). */
const longestPacket = 5760

/** Result of {@link splitOpusPacket}: the frames of one packet. */
export interface OpusFrames {
  /** TOC byte (header) for an Opus packet that contains only one of these frames. */
  readonly toc: number
  /** Number of samples, at 48 kHz, in each frame. */
  readonly frameSamples: number
  /** Frames of the packet, as views of it. */
  readonly frames: readonly Uint8Array[]
}

/**
 * Returns the number of samples, at 48 kHz, in an Opus frame. The upper five bits of the packet's TOC byte state it
 * (RFC 6716 table 2).
 */
function frameSamplesOf(toc: number): number {
  const configuration = toc >> 3
  if (configuration < 12) return [480, 960, 1920, 2880][configuration & 3] ?? 0
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960
  return shortestFrame << (configuration & 3)
}

/** Returns the duration of an Opus packet in samples of 48 kHz; 0 if the packet is not Opus. */
export function opusSamplesOf(packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const code = toc & codeMask
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & frameCountMask
  const samples = count * frameSamplesOf(toc)
  return samples <= longestPacket ? samples : 0
}

/**
 * Splits an Opus packet into its frames.
 *
 * @returns Views of the packet; `undefined` for a packet that is malformed by RFC 6716 section 3.4.
 */
export function splitOpusPacket(packet: Uint8Array): OpusFrames | undefined {
  if (opusSamplesOf(packet) === 0) return undefined
  const toc = packet[0] as number
  const frames = [singleFrame, twoEqualFrames, twoFrames, manyFrames][toc & codeMask]?.(packet)
  if (!frames) return undefined
  return { toc: toc & ~codeMask, frameSamples: frameSamplesOf(toc), frames }
}

type SplitFrames = (packet: Uint8Array) => Uint8Array[] | undefined

const singleFrame: SplitFrames = (packet) => [packet.subarray(1)]

const twoEqualFrames: SplitFrames = (packet) => {
  const sizeBytes = (packet.length - 1) / 2
  if (!Number.isInteger(sizeBytes)) return undefined
  return [packet.subarray(1, 1 + sizeBytes), packet.subarray(1 + sizeBytes)]
}

const twoFrames: SplitFrames = (packet) => {
  const first = readLength(packet, 1)
  const end = first.offset + first.length
  return end <= packet.length
    ? [packet.subarray(first.offset, end), packet.subarray(end)]
    : undefined
}

/**
 * Splits an Opus packet of code 3: any number of frames, of equal or different size, with or
 * without padding.
 */
const manyFrames: SplitFrames = (packet) => {
  const flags = packet[1] as number
  const count = flags & frameCountMask
  let offset = 2
  let end = packet.length
  if ((flags & paddingBit) !== 0) {
    let byte = 255
    while (byte === 255) {
      byte = packet[offset++] ?? 0
      // 255 means 254 bytes and another length byte.
      end -= byte === 255 ? 254 : byte
    }
  }
  const sizes: number[] = []
  if ((flags & vbrBit) !== 0) {
    for (let index = 1; index < count; index++) {
      const size = readLength(packet, offset)
      offset = size.offset
      sizes.push(size.length)
    }
    sizes.push(end - offset - sizes.reduce((sum, size) => sum + size, 0))
  } else sizes.push(...Array<number>(count).fill((end - offset) / count))
  if (sizes.some((size) => !Number.isInteger(size) || size < 0)) return undefined
  return sizes.map((size) => {
    const start = offset
    offset += size
    return packet.subarray(start, offset)
  })
}

/** Reads the length of an Opus frame from a packet: one byte up to 251, otherwise two (RFC 6716 section 3.2.1). */
function readLength(packet: Uint8Array, offset: number) {
  const first = packet[offset] ?? 0
  if (first < 252) return { length: first, offset: offset + 1 }
  return { length: 4 * (packet[offset + 1] ?? 0) + first, offset: offset + 2 }
}

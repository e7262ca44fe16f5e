/** RFC 7587 section 4.1: the RTP clock is 48 kHz whatever was coded. */
export const opusClockRate = 48_000

/** Samples of 48 kHz in a frame of 2.5 ms, the shortest there is. */
const shortestFrame = 120
const frameCountMask = 0x3f
const vbrBit = 0x80
const paddingBit = 0x40
const codeMask = 0x03
/** RFC 6716 section 3.4: 120 ms at most. */
const longestPacket = 5760

/** One Opus packet taken apart. */
export interface OpusFrames {
  /** The TOC byte without the code of how many frames there are: of a packet of one frame. */
  readonly toc: number
  /** Samples of 48 kHz in each frame. */
  readonly frameSamples: number
  /** Views of the packet. */
  readonly frames: readonly Uint8Array[]
}

/** RFC 6716 table 2: the upper five bits of the TOC. */
function frameSamplesOf(toc: number): number {
  const configuration = toc >> 3
  if (configuration < 12) return [480, 960, 1920, 2880][configuration & 3] ?? 0
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960
  return shortestFrame << (configuration & 3)
}

/** @returns How long a packet plays, in samples of 48 kHz; 0 for one that is not Opus. */
export function opusSamplesOf(packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const code = toc & codeMask
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & frameCountMask
  const samples = count * frameSamplesOf(toc)
  return samples <= longestPacket ? samples : 0
}

/**
 * Takes a packet apart into its frames.
 *
 * @returns `undefined` for a packet that RFC 6716 section 3.4 calls malformed.
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

/** Code 3: a count, with padding or without, of frames that are of one size or not. */
const manyFrames: SplitFrames = (packet) => {
  const flags = packet[1] as number
  const count = flags & frameCountMask
  let offset = 2
  let end = packet.length
  if ((flags & paddingBit) !== 0) {
    let byte = 255
    while (byte === 255) {
      byte = packet[offset++] ?? 0
      // 255 means 254 bytes, and that another byte follows.
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

/** One byte up to 251, else two (RFC 6716 section 3.2.1). */
function readLength(packet: Uint8Array, offset: number) {
  const first = packet[offset] ?? 0
  if (first < 252) return { length: first, offset: offset + 1 }
  return { length: 4 * (packet[offset + 1] ?? 0) + first, offset: offset + 2 }
}

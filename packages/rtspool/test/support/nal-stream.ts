import { joinAnnexB } from '../../src/rtp/index.js'

const heads = {
  h264: { sps: [0x67, 0x42, 0x00], pps: [0x68], vps: [], idr: [0x65, 0x88], slice: [0x41, 0x9a] },
  h265: { vps: [64, 1], sps: [66, 1], pps: [68, 1], idr: [38, 1, 0x80], slice: [2, 1, 0x80] },
} as const

/** Returns the parameter sets of a made-up encoder. @param level - Byte by which two sets differ. */
export function parameterSets(codec: 'h264' | 'h265', level: number): Buffer[] {
  const { vps, sps, pps } = heads[codec]
  return [vps, sps, pps]
    .filter(({ length }) => length > 0)
    .map((head) => Buffer.from([...head, level, 0xac, 0xd9]))
}

/** Returns the NAL units of one made-up picture. */
export function pictureUnits(
  codec: 'h264' | 'h265',
  index: number,
  { isKey = index % 10 === 0, level = 0x1e, sizeBytes = 40 } = {},
): Buffer[] {
  const head = heads[codec][isKey ? 'idr' : 'slice']
  const body = Buffer.alloc(sizeBytes, (index % 200) + 1)
  const slice = Buffer.concat([Buffer.from(head), body])
  return isKey ? [...parameterSets(codec, level), slice] : [slice]
}

/** Returns one made-up picture with start codes. */
export const picture = (...args: Parameters<typeof pictureUnits>): Buffer =>
  joinAnnexB(pictureUnits(...args))

/** Returns NAL units with a length of four bytes in front of each. */
export const withLengths = (units: readonly Buffer[]): Buffer =>
  Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(unit.length)
      return [length, unit]
    }),
  )

/** Returns a frame of AAC-LC at 48 kHz in stereo, with an ADTS header. */
export function adtsFrame(payload: Uint8Array, { rateIndex = 3, channels = 2 } = {}): Buffer {
  const sizeBytes = 7 + payload.length
  const header = Buffer.from([
    ...[0xff, 0xf1, 0x40 | (rateIndex << 2) | (channels >> 2)],
    ...[((channels & 3) << 6) | (sizeBytes >> 11), (sizeBytes >> 3) & 0xff],
    ...[((sizeBytes & 7) << 5) | 0x1f, 0xfc],
  ])
  return Buffer.concat([header, payload])
}

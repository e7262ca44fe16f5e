import {
  AacPayloader,
  H264Payloader,
  H265Payloader,
  OpusPayloader,
  type PayloadFormat,
} from '../../../src/public/rtp.js'
import { aacUnit, h264NalUnit, h265NalUnit } from '../payloader/units.js'
import { seededBytes } from '../random-bytes.js'

/** Options of the packetizers: small packets, and sequence numbers that wrap around. */
export const options = { payloadType: 96, ssrc: 7, sequenceNumber: 65_500, maxPacketBytes: 600 }

/** Encoding with generated access units and its packetizer. */
export interface TestedCodec {
  readonly name: string
  readonly format: PayloadFormat
  /** Parts of one access unit. */
  readonly unit: (seed: number) => Buffer[]
  readonly packetizer: () => (parts: Buffer[], timestamp: number) => Buffer[]
}

const sizes = [1, 40, 700, 3000]
const sizeOf = (seed: number) => (sizes[seed % sizes.length] ?? 1) + (seed % 7)
const count = (seed: number) => 1 + (seed % 4)

export const codecs: readonly TestedCodec[] = [
  {
    name: 'H.264',
    format: { encoding: 'H264' },
    // Slices of one picture; the header of the first one marks it as first.
    unit: (seed) =>
      Array.from({ length: count(seed) }, (_, at) => {
        const unit = h264NalUnit(seed % 5 === 0 ? 0x65 : 0x41, sizeOf(seed + at) + 2, seed)
        unit[1] = at === 0 ? 0x80 : 0x40
        return unit
      }),
    packetizer: () => {
      const payloader = new H264Payloader(options)
      return (parts, timestamp) => payloader.packetize(parts, timestamp)
    },
  },
  {
    name: 'H.265',
    format: { encoding: 'h265' },
    unit: (seed) =>
      Array.from({ length: count(seed) }, (_, at) => {
        const unit = h265NalUnit(seed % 5 === 0 ? 19 : 1, sizeOf(seed + at) + 3, 1, seed)
        unit[2] = at === 0 ? 0x80 : 0x40
        return unit
      }),
    packetizer: () => {
      const payloader = new H265Payloader(options)
      return (parts, timestamp) => payloader.packetize(parts, timestamp)
    },
  },
  {
    name: 'AAC',
    format: {
      encoding: 'MPEG4-GENERIC',
      parameters: 'mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3',
    },
    unit: (seed) => [aacUnit(sizeOf(seed), seed)],
    packetizer: () => {
      const payloader = new AacPayloader(options)
      return (parts, timestamp) => payloader.packetize(parts, timestamp)
    },
  },
  {
    name: 'Opus',
    format: { encoding: 'opus' },
    unit: (seed) => [seededBytes(1 + (seed % 500), seed)],
    packetizer: () => {
      const payloader = new OpusPayloader(options)
      return ([part], timestamp) => [payloader.packetize(part as Buffer, timestamp)].flat()
    },
  },
]

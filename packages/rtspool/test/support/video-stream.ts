import { seededRandom } from '../rtp/random-bytes.js'
import { rtpPacket } from './test-server.js'

/** Style of a stream: properties of its encoder and packetizer. */
export interface StreamStyle {
  readonly encoding: 'H264' | 'H265'
  /** Pictures that follow parameter sets; `between` is two pictures before each key frame. */
  readonly sets: 'key' | 'every' | 'never' | 'between'
  /** Timestamp of units before a picture: that of the picture, of the previous one, or 0. */
  readonly timestamps: 'own' | 'previous' | 'zero'
  /** Packing of the units before a picture. */
  readonly packing: 'single' | 'aggregate' | 'withSlice' | 'fragments'
  readonly hasDelimiter: boolean
  readonly hasSei: boolean
  /** Number of slices in a picture, each whole or in three fragments. */
  readonly slices: number
  readonly fragments: boolean
  /** `true` if the parameter sets are a frame with its own marker, as from some cameras. */
  readonly marksSets: boolean
  readonly framesPerGop: number
}

export interface StreamPacket {
  readonly packet: Buffer
  readonly sequenceNumber: number
  /** `true` at the first packet of a key frame, including the units before its picture. */
  readonly beginsKeyFrame: boolean
  readonly endsPicture: boolean
}

const oneOf = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T

/** Returns a style that depends only on the seed. */
export function styleOf(seed: number): StreamStyle {
  const random = seededRandom(seed)
  return {
    encoding: oneOf(random, ['H264', 'H265']),
    sets: oneOf(random, ['key', 'every', 'never', 'between']),
    timestamps: oneOf(random, ['own', 'previous', 'zero']),
    packing: oneOf(random, ['single', 'aggregate', 'withSlice', 'fragments']),
    hasDelimiter: random() < 0.5,
    hasSei: random() < 0.5,
    slices: 1 + Math.floor(random() * 3),
    fragments: random() < 0.5,
    marksSets: random() < 0.25,
    framesPerGop: 2 + Math.floor(random() * 5),
  }
}

/** Headers of NAL units; those of H.265 have a second byte. */
const headers = {
  H264: { delimiter: [0x09], sets: [[0x67], [0x68]], sei: [0x06], key: [0x65], other: [0x41] },
  H265: {
    delimiter: [70, 1],
    sets: [
      [64, 1],
      [66, 1],
      [68, 1],
    ],
    sei: [78, 1],
    key: [38, 1],
    other: [2, 1],
  },
} as const

/** User data without a recovery point. */
const seiMessage = [0x05, 0x02, 0xaa, 0xbb, 0x80]

/** Writes the packets of a stream, and records the beginnings of its key frames. */
export class VideoStream {
  readonly style: StreamStyle
  readonly packets: StreamPacket[] = []
  #picture = 0

  constructor(style: StreamStyle) {
    this.style = style
  }

  /** Adds a picture and the units before it. @returns Its packets. */
  next(): readonly StreamPacket[] {
    const { style } = this
    const inGop = this.#picture % style.framesPerGop
    const isKey = inGop === 0
    const own = (90_000 + this.#picture * 3_600) >>> 0
    const start = this.packets.length
    const units = this.#precedingUnits(inGop)
    const slices = this.#slices(isKey)
    if (style.packing === 'withSlice' && units.length > 0) {
      units.push(slices.shift() ?? Buffer.alloc(0))
      this.#add(this.#aggregate(units), own, slices.length === 0)
    } else {
      const time = { own, previous: own - 3_600, zero: 0 }[style.timestamps]
      const payloads = this.#pack(units)
      payloads.forEach((payload, at) => {
        this.#add(payload, time, style.marksSets && at === payloads.length - 1)
      })
    }
    slices.forEach((slice, index) => {
      const pieces = style.fragments ? this.#fragment(slice) : [slice]
      pieces.forEach((piece, at) => {
        this.#add(piece, own, index === slices.length - 1 && at === pieces.length - 1)
      })
    })
    this.#picture++
    const added = this.packets.slice(start).map((each, index, all) => ({
      ...each,
      beginsKeyFrame: isKey && index === 0,
      endsPicture: index === all.length - 1,
    }))
    this.packets.splice(start, added.length, ...added)
    return added
  }

  #precedingUnits(inGop: number): Buffer[] {
    const { encoding, sets, hasDelimiter, hasSei, framesPerGop } = this.style
    const header = headers[encoding]
    const hasSets =
      sets === 'every' ||
      (sets === 'key' && inGop === 0) ||
      (sets === 'between' && inGop === framesPerGop - 1)
    const units: Buffer[] = []
    if (hasDelimiter) units.push(Buffer.from([...header.delimiter, 0xf0]))
    if (hasSets) for (const set of header.sets) units.push(Buffer.from([...set, 1, 2, 3, 4]))
    if (hasSei) units.push(Buffer.from([...header.sei, ...seiMessage]))
    return units
  }

  #slices(isKey: boolean): Buffer[] {
    const { encoding, slices } = this.style
    const header = headers[encoding][isKey ? 'key' : 'other']
    return Array.from({ length: slices }, (_, index) =>
      Buffer.from([...header, index === 0 ? 0x88 : 0x48, 5, 6, 7, 8, 9, 10]),
    )
  }

  #pack(units: readonly Buffer[]): readonly Buffer[] {
    const { packing } = this.style
    if (packing === 'aggregate' && units.length > 1) return [this.#aggregate(units)]
    return packing === 'fragments' ? units.flatMap((each) => this.#fragment(each)) : units
  }

  #aggregate(units: readonly Buffer[]): Buffer {
    const parts = units.flatMap((unit) => [Buffer.from([0, unit.length]), unit])
    const header = this.style.encoding === 'H264' ? [0x78] : [96, 1]
    return Buffer.concat([Buffer.from(header), ...parts])
  }

  #fragment(unit: Buffer): readonly Buffer[] {
    const isH264 = this.style.encoding === 'H264'
    const body = unit.subarray(isH264 ? 1 : 2)
    const [first = 0] = unit
    const type = isH264 ? first & 0x1f : (first >> 1) & 0x3f
    const header = isH264 ? [(first & 0xe0) | 28] : [98, 1]
    const third = Math.max(1, Math.ceil(body.length / 3))
    const pieces: Buffer[] = []
    for (let at = 0; at < body.length; at += third) {
      const flags = (at === 0 ? 0x80 : 0) | (at + third >= body.length ? 0x40 : 0)
      pieces.push(
        Buffer.concat([Buffer.from([...header, flags | type]), body.subarray(at, at + third)]),
      )
    }
    return pieces
  }

  #add(payload: Buffer, timestamp: number, marker: boolean): void {
    const sequenceNumber = (65_000 + this.packets.length) & 0xffff
    const packet = rtpPacket({ sequenceNumber, timestamp: timestamp >>> 0, marker, payload })
    this.packets.push({ packet, sequenceNumber, beginsKeyFrame: false, endsPicture: false })
  }
}

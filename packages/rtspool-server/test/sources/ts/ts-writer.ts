import { packetBytes, syncByte } from '../../../src/sources/ts/packet-stream.js'
import { crc32 } from '../../../src/sources/ts/sections.js'

/** An elementary stream in the program map table. */
export interface WrittenStream {
  readonly pid: number
  readonly type: number
  readonly descriptors?: Uint8Array
}

export interface WrittenPes {
  readonly pid: number
  readonly bytes: Uint8Array
  /** In ticks of 90 kHz. */
  readonly pts?: number
  /** States the size, so that the packet is complete at its end. */
  readonly hasLength?: boolean
  readonly isRandomAccess?: boolean
}

export const mapPid = 0x1000
export const types = { h264: 0x1b, h265: 0x24, aac: 0x0f, private: 0x06, ac3: 0x81 } as const
/** Descriptors of a stream of Opus in stereo. */
export const opusDescriptors = Buffer.from([0x05, 4, ...Buffer.from('Opus'), 0x7f, 2, 0x80, 2])

/** Writes a transport stream. */
export class TsWriter {
  readonly #counters = new Map<number, number>()

  /** Returns the packets of the program association table and the program map table. */
  tables(streams: readonly WrittenStream[]): Buffer {
    const pat = section(0x00, [...uint16(1), ...uint16(0xe000 | mapPid)])
    const loop = streams.flatMap(({ pid, type, descriptors = Buffer.alloc(0) }) => [
      ...[type, ...uint16(0xe000 | pid), ...uint16(0xf000 | descriptors.length)],
      ...descriptors,
    ])
    const pmt = section(0x02, [...uint16(0xe000 | 0x1fff), ...uint16(0xf000), ...loop])
    return Buffer.concat([this.sections(0, pat), this.sections(mapPid, pmt)])
  }

  sections(pid: number, bytes: Uint8Array): Buffer {
    return this.#packets(pid, Buffer.concat([Buffer.from([0]), bytes]), { fill: 'stuffing' })
  }

  pes({ pid, bytes, pts, hasLength = false, isRandomAccess = false }: WrittenPes): Buffer {
    const time = pts === undefined ? [] : timeOf(pts)
    const head = [0x80, pts === undefined ? 0 : 0x80, time.length, ...time]
    const length = hasLength ? head.length + bytes.length : 0
    const whole = Buffer.from([0, 0, 1, 0xe0, ...uint16(length), ...head, ...bytes])
    return this.#packets(pid, whole, { fill: 'adaptation', isRandomAccess })
  }

  #packets(
    pid: number,
    bytes: Buffer,
    { fill, isRandomAccess = false }: { fill: 'stuffing' | 'adaptation'; isRandomAccess?: boolean },
  ): Buffer {
    const packets: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const flag = at === 0 && isRandomAccess ? [0x40] : []
      const room = packetBytes - 4 - (flag.length > 0 ? 2 : 0)
      const payload = bytes.subarray(at, at + room)
      packets.push(this.#packet(pid, payload, { isFirst: at === 0, fill, flag }))
      at += payload.length
    }
    return Buffer.concat(packets)
  }

  #packet(
    pid: number,
    payload: Buffer,
    { isFirst, fill, flag }: { isFirst: boolean; fill: string; flag: readonly number[] },
  ): Buffer {
    const counter = this.#counters.get(pid) ?? 0
    this.#counters.set(pid, (counter + 1) & 15)
    const free = packetBytes - 4 - payload.length
    const hasField = fill === 'adaptation' && free > 0
    const field = hasField ? adaptation(free, flag) : []
    const head = [syncByte, (isFirst ? 0x40 : 0) | (pid >> 8), pid & 0xff]
    head.push((hasField ? 0x30 : 0x10) | counter)
    const packet = Buffer.alloc(packetBytes, 0xff)
    packet.set([...head, ...field, ...payload])
    return packet
  }
}

function adaptation(sizeBytes: number, flag: readonly number[]): number[] {
  if (sizeBytes === 1) return [0]
  return [sizeBytes - 1, flag[0] ?? 0, ...new Array<number>(sizeBytes - 2).fill(0xff)]
}

const uint16 = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff]

function section(table: number, body: readonly number[]): Buffer {
  const length = 5 + body.length + 4
  const bytes = Buffer.from([table, ...uint16(0xb000 | length), 0, 1, 0xc1, 0, 0, ...body])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(bytes))
  return Buffer.concat([bytes, checksum])
}

function timeOf(pts: number): number[] {
  const high = Math.floor(pts / 2 ** 30) & 7
  const middle = Math.floor(pts / 2 ** 15) & 0x7fff
  const low = pts % 2 ** 15
  return [
    0x21 | (high << 1),
    middle >> 7,
    ((middle << 1) & 0xff) | 1,
    low >> 7,
    ((low << 1) & 0xff) | 1,
  ]
}

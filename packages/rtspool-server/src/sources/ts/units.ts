import type { PesPacket } from './pes-reader.js'
import type { TsCodec } from './tables.js'

/** An access unit of an elementary stream. */
export interface TsUnit {
  readonly bytes: Buffer
  /** Presentation time in ticks of 90 kHz, with 33 bits; `undefined` for a unit that follows the one before. */
  readonly pts: number | undefined
  /** True if the stream states that a decoder can begin with the unit; otherwise the bytes tell. */
  readonly keyFrame: true | undefined
}

/** Returns a function that cuts the packets of one elementary stream into access units. */
export function unitReader(codec: TsCodec): (packet: PesPacket) => readonly TsUnit[] {
  switch (codec) {
    case 'aac':
      return adtsReader()
    case 'opus':
      return opusUnits
    default:
      return (packet) => [unitOf(packet.bytes, packet.pts, packet.isRandomAccess)]
  }
}

const unitOf = (bytes: Buffer, pts: number | undefined, isKey = false): TsUnit => ({
  bytes,
  pts,
  keyFrame: isKey || undefined,
})

const adtsHeadBytes = 7

/**
 * Returns a function that cuts packets into frames of AAC with ADTS headers, which may cross packets. The time of a
 * packet is that of the first frame that begins in the packet.
 */
function adtsReader(): (packet: PesPacket) => readonly TsUnit[] {
  let pending: Buffer = Buffer.alloc(0)
  return ({ bytes, pts }) => {
    const all = Buffer.concat([pending, bytes])
    const carried = pending.length
    const units: TsUnit[] = []
    let time = pts
    let at = syncAt(all, 0)
    while (at + adtsHeadBytes <= all.length) {
      const sizeBytes = (all.readUIntBE(at + 3, 3) >> 5) & 0x1fff
      if (sizeBytes <= adtsHeadBytes) {
        at = syncAt(all, at + 1)
        continue
      }
      if (at + sizeBytes > all.length) break
      const isCarried = at < carried
      units.push(unitOf(all.subarray(at, at + sizeBytes), isCarried ? undefined : time))
      if (!isCarried) time = undefined
      at = syncAt(all, at + sizeBytes)
    }
    pending = Buffer.from(all.subarray(at))
    return units
  }
}

/** Returns the index of the next ADTS sync word (ISO/IEC 14496-3 section 1.A.2.2); the end if there is none. */
function syncAt(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (at + 1 >= bytes.length || ((bytes[at + 1] as number) & 0xf6) === 0xf0) return at
  }
  return bytes.length
}

/** Reads packets of Opus, each behind a control header: ETSI TS 103 491 section 6, "Opus in MPEG-2 TS". */
function opusUnits({ bytes, pts }: PesPacket): TsUnit[] {
  const units: TsUnit[] = []
  let time = pts
  let at = 0
  while (at + 3 <= bytes.length && (bytes.readUInt16BE(at) & 0xffe0) === 0x7fe0) {
    const flags = bytes[at + 1] as number
    at += 2
    let sizeBytes = 0
    let part = 255
    while (part === 255 && at < bytes.length) {
      part = bytes[at++] as number
      sizeBytes += part
    }
    if (flags & 0x10) at += 2
    if (flags & 0x08) at += 2
    if (flags & 0x04) at += 1 + (bytes[at] ?? 0)
    if (at + sizeBytes > bytes.length) break
    units.push(unitOf(bytes.subarray(at, at + sizeBytes), time))
    time = undefined
    at += sizeBytes
  }
  return units
}

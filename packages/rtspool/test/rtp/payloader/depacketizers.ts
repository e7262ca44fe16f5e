import { markerOf } from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'

/** Restores NAL units from RTP packets without loss; throws on violations of RFC 6184. */
export function depacketizeH264(packets: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = []
  let pieces: Buffer[] = []
  for (const packet of packets) {
    const payload = payloadOf(packet)
    const type = payload.readUInt8(0) & 0x1f
    if (type !== 28 && pieces.length > 0) throw new Error('an FU-A without end')
    if (type === 24) units.push(...splitStap(payload))
    else if (type === 28) {
      const header = payload.readUInt8(1)
      const isStart = (header & 0x80) !== 0
      const isEnd = (header & 0x40) !== 0
      if (isStart && isEnd) throw new Error('an FU-A with start and end')
      if (isStart !== (pieces.length === 0)) throw new Error('an FU-A out of order')
      if ((header & 0x20) !== 0) throw new Error('the reserved bit is set')
      if (isStart) pieces.push(Buffer.from([(payload.readUInt8(0) & 0xe0) | (header & 0x1f)]))
      pieces.push(payload.subarray(2))
      if (isEnd) {
        units.push(Buffer.concat(pieces))
        pieces = []
      }
    } else units.push(payload)
  }
  if (pieces.length > 0) throw new Error('an FU-A without end')
  return units
}

function splitStap(payload: Buffer): Buffer[] {
  const units: Buffer[] = []
  let offset = 1
  while (offset < payload.length) {
    const start = offset + 2
    offset = start + payload.readUInt16BE(offset)
    if (offset > payload.length) throw new Error('a STAP-A that ends early')
    units.push(payload.subarray(start, offset))
  }
  return units
}

/** Restores access units from RTP packets without loss; throws on violations of RFC 3640. */
export function depacketizeAac(packets: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = []
  let pieces: Buffer[] = []
  for (const packet of packets) {
    const payload = payloadOf(packet)
    const headersBytes = payload.readUInt16BE(0) / 8
    const sizes: number[] = []
    for (let offset = 2; offset < 2 + headersBytes; offset += 2) {
      if ((payload.readUInt16BE(offset) & 7) !== 0) throw new Error('interleaved access units')
      sizes.push(payload.readUInt16BE(offset) >> 3)
    }
    let rest = payload.subarray(2 + headersBytes)
    const [size = 0] = sizes
    if (sizes.length === 1 && rest.length < size) {
      pieces.push(rest)
      const unit = Buffer.concat(pieces)
      if (markerOf(packet) !== (unit.length === size)) throw new Error('a misplaced marker')
      if (unit.length === size) {
        units.push(unit)
        pieces = []
      }
      continue
    }
    if (pieces.length > 0) throw new Error('a fragment without end')
    if (!markerOf(packet)) throw new Error('a complete access unit without marker')
    for (const unitBytes of sizes) {
      units.push(rest.subarray(0, unitBytes))
      rest = rest.subarray(unitBytes)
    }
    if (rest.length > 0) throw new Error('bytes behind the last access unit')
  }
  return units
}

/** Restores NAL units from RTP packets without loss; throws on violations of RFC 7798. */
export function depacketizeH265(packets: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = []
  let pieces: Buffer[] = []
  for (const packet of packets) {
    const payload = payloadOf(packet)
    const type = (payload.readUInt8(0) >> 1) & 0x3f
    if (type !== 49 && pieces.length > 0) throw new Error('an FU without end')
    if (type === 48) units.push(...splitAggregate(payload))
    else if (type === 49) {
      const header = payload.readUInt8(2)
      const isStart = (header & 0x80) !== 0
      const isEnd = (header & 0x40) !== 0
      if (isStart && isEnd) throw new Error('an FU with start and end')
      if (isStart !== (pieces.length === 0)) throw new Error('an FU out of order')
      const first = (payload.readUInt8(0) & 0x81) | ((header & 0x3f) << 1)
      if (isStart) pieces.push(Buffer.from([first, payload.readUInt8(1)]))
      pieces.push(payload.subarray(3))
      if (isEnd) {
        units.push(Buffer.concat(pieces))
        pieces = []
      }
    } else units.push(payload)
  }
  if (pieces.length > 0) throw new Error('an FU without end')
  return units
}

/**
 * Splits an aggregation packet (RFC 7798 section 4.4.2): at least two units, whose lowest LayerId
 * and TID the packet has.
 */
function splitAggregate(payload: Buffer): Buffer[] {
  const units: Buffer[] = []
  let offset = 2
  while (offset < payload.length) {
    const start = offset + 2
    offset = start + payload.readUInt16BE(offset)
    if (offset > payload.length) throw new Error('an AP that ends early')
    units.push(payload.subarray(start, offset))
  }
  if (units.length < 2) throw new Error('an AP of one unit')
  const headers = [payload, ...units].map((unit) => unit.readUInt16BE(0))
  const [layerId, ...layerIds] = headers.map((header) => (header >> 3) & 0x3f)
  const [temporalId, ...temporalIds] = headers.map((header) => header & 7)
  if (layerId !== Math.min(...layerIds)) throw new Error('an AP with another LayerId')
  if (temporalId !== Math.min(...temporalIds)) throw new Error('an AP with another TID')
  return units
}

/**
 * Restores frames of MPEG audio from RTP packets without loss; throws on violations of RFC 2250.
 */
export function depacketizeMpegAudio(packets: readonly Buffer[]): Buffer[] {
  const frames: Buffer[][] = []
  for (const packet of packets) {
    const payload = payloadOf(packet)
    if (payload.readUInt16BE(0) !== 0) throw new Error('the reserved bits are set')
    const start = payload.readUInt16BE(2)
    if (start === 0) frames.push([])
    const pieces = frames.at(-1) ?? []
    const before = pieces.reduce((sum, { length }) => sum + length, 0)
    if (start !== before) throw new Error('a piece out of order')
    pieces.push(payload.subarray(4))
  }
  return frames.map((pieces) => Buffer.concat(pieces))
}

/**
 * Restores frames of AC-3 or E-AC-3 from RTP packets without loss; throws on violations of RFC 4184
 * and RFC 4598.
 */
export function depacketizeAc3(packets: readonly Buffer[], codec: 'ac3' | 'eac3'): Buffer[] {
  const frames: Buffer[] = []
  let pieces: Buffer[] = []
  for (const packet of packets) {
    const payload = payloadOf(packet)
    const type = payload.readUInt8(0)
    const count = payload.readUInt8(1)
    if (type > (codec === 'ac3' ? 3 : 1)) throw new Error('the reserved bits are set')
    const isPiece = type !== 0
    if (!isPiece && (count !== 1 || pieces.length > 0)) throw new Error('a frame out of order')
    if (isPiece && count < 2) throw new Error('a piece that is all')
    if (codec === 'ac3' && isPiece && (type === 3) !== pieces.length > 0) {
      throw new Error('a first piece that is none')
    }
    pieces.push(payload.subarray(2))
    const isLast = pieces.length === count
    if (markerOf(packet) !== isLast) throw new Error('the marker is not at the end')
    if (!isLast) continue
    frames.push(Buffer.concat(pieces))
    pieces = []
  }
  if (pieces.length > 0) throw new Error('a frame without end')
  return frames
}

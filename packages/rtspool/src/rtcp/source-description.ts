import {
  rtcpPacketTypes,
  type SourceDescription,
  type SourceDescriptionChunk,
  type SourceDescriptionItem,
} from './packet.js'
import {
  allocatePacket,
  headerBytes,
  padded,
  requireCount,
  requireText,
  wordBytes,
} from './packet-words.js'

/** Parses the body of a source description (SDES) with `count` chunks; `undefined` if the body is broken. */
export function parseSourceDescription(body: Buffer, count: number): SourceDescription | undefined {
  const chunks: SourceDescriptionChunk[] = []
  let offset = 0
  for (let index = 0; index < count; index++) {
    const end = chunkEnd(body, offset)
    if (end === undefined) return undefined
    chunks.push(parseChunk(body, offset, end))
    // RFC 3550 section 6.5: at least one null octet, then more up to the next word.
    offset = (Math.floor(end / wordBytes) + 1) * wordBytes
  }
  return { type: 'sourceDescription', chunks }
}

/**
 * Returns the offset of the null octet that ends the items of a chunk of an SDES packet. If the octet is missing,
 * returns the end of the packet.
 */
function chunkEnd(body: Buffer, start: number): number | undefined {
  if (start + wordBytes > body.length) return undefined
  let offset = start + wordBytes
  while (offset < body.length && body[offset] !== 0) {
    offset += 2 + (body[offset + 1] ?? body.length)
  }
  return offset > body.length ? undefined : offset
}

function parseChunk(body: Buffer, start: number, end: number): SourceDescriptionChunk {
  const items: SourceDescriptionItem[] = []
  let offset = start + wordBytes
  while (offset < end) {
    const length = body.readUInt8(offset + 1)
    const value = body.toString('utf8', offset + 2, offset + 2 + length)
    items.push({ itemType: body.readUInt8(offset), value })
    offset += 2 + length
  }
  return { ssrc: body.readUInt32BE(start), items }
}

/**
 * Writes an RTCP source description (SDES).
 *
 * @throws {RangeError} More than 31 chunks, or an item of more than 255 bytes.
 */
export function serializeSourceDescription(packet: SourceDescription): Buffer {
  const count = requireCount(packet.chunks.length, 'chunks')
  const body = Buffer.concat(packet.chunks.map(serializeChunk))
  const buffer = allocatePacket(rtcpPacketTypes.sourceDescription, count, body.length)
  body.copy(buffer, headerBytes)
  return buffer
}

function serializeChunk({ ssrc, items }: SourceDescriptionChunk): Buffer {
  const texts = items.map(({ itemType, value }) => {
    const text = requireText(value, 'an SDES item')
    return Buffer.concat([Buffer.from([itemType, text.length]), text])
  })
  const itemsBytes = texts.reduce((sum, text) => sum + text.length, 0)
  // At least one null octet ends the items; more fill the word.
  const chunk = Buffer.alloc(wordBytes + padded(itemsBytes + 1))
  chunk.writeUInt32BE(ssrc, 0)
  Buffer.concat(texts).copy(chunk, wordBytes)
  return chunk
}

import { frameHeaderBytes, frameInterleaved } from '../transport/interleaved.js'
import type { PacketBatch } from './packet-batch.js'
import type { InterleavedReader } from './reader.js'

/** A member with what must be remembered of it. */
interface Member {
  readonly reader: InterleavedReader
  /** It was too slow: packets are left out until it can go on at a key frame. */
  isSkipping: boolean
}

/**
 * The readers of one track that use the same channel number. Packets are framed once for all of them, and what
 * one turn brought is one write a reader (RFC 2326 section 10.12).
 */
export class InterleavedGroup {
  readonly #channel: number
  readonly #members: Member[] = []

  constructor(channel: number) {
    this.#channel = channel
  }

  get size(): number {
    return this.#members.length
  }

  /** Adds a reader that begins with `first`, which may be many packets at once. */
  add(reader: InterleavedReader, first: readonly Buffer[]): void {
    this.#members.push({ reader, isSkipping: false })
    if (first.length === 0) return
    const frames = frameInterleaved(this.#channel, first)
    reader.carrier.grant(frames.length)
    deliver(reader, frames, first.length)
  }

  remove(reader: InterleavedReader): void {
    const index = this.#members.findIndex((member) => member.reader === reader)
    if (index < 0) return
    const last = this.#members.pop()
    if (last && index < this.#members.length) this.#members[index] = last
  }

  send(batch: PacketBatch): void {
    const frames = frameInterleaved(this.#channel, batch.packets)
    for (const member of this.#members) {
      if (member.isSkipping || member.reader.carrier.isCongested) skip(member, batch, frames)
      else deliver(member.reader, frames, batch.packets.length)
    }
  }

  forEachReader(visit: (reader: InterleavedReader) => void): void {
    for (const { reader } of this.#members) visit(reader)
  }
}

function deliver({ carrier, counters }: InterleavedReader, frames: Buffer, packetCount: number) {
  carrier.writeFrames(frames)
  counters.packetsOut += packetCount
  counters.bytesOut += frames.length - packetCount * frameHeaderBytes
}

/** Leaves packets out, always whole ones, up to a point where the reader can go on. */
function skip(member: Member, batch: PacketBatch, frames: Buffer): void {
  const { reader } = member
  const packetCount = batch.packets.length
  const canResume = !reader.carrier.isCongested && batch.resumeIndex >= 0
  if (!canResume) {
    member.isSkipping = true
    reader.counters.packetsDropped += packetCount
    return
  }
  member.isSkipping = false
  reader.counters.packetsDropped += batch.resumeIndex
  const offset = batch.bytesBeforeResume + batch.resumeIndex * frameHeaderBytes
  deliver(reader, frames.subarray(offset), packetCount - batch.resumeIndex)
}

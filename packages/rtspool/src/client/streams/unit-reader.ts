import {
  createDepacketizer,
  type Depacketizer,
  type RtpUnit,
  timestampDistance,
  timestampOf,
} from '../../rtp/index.js'
import type { ReceivedPacket, ReceivedUnit, RtspClientTrack } from '../rtsp-client.js'

/**
 * Bytes of memory that packets of an incomplete unit may hold beyond four times their size; further ones are copied.
 */
const spareBytes = 1024 * 1024
const largestShare = 4

/** One track that is read in access units. */
interface ReadTrack {
  readonly track: RtspClientTrack
  readonly depacketizer: Depacketizer
  /** Number of packets of the track that were left out since the last access unit, because the reader was behind. */
  missed: number
  /** Times of the recording in milliseconds since 1970, by RTP timestamp, of access units that are not complete yet. */
  readonly replayTimes: Map<number, number>
  /** Time of the recording at the latest RTP timestamp that has one, in milliseconds since 1970. */
  lastReplay: { readonly timestamp: number; readonly unixMs: number } | undefined
  /** Number of incomplete access units that the depacketizer had dropped when `sizeBytes` was last set to 0. */
  dropped: number
  /** Size in bytes of the packets since the last access unit, which the depacketizer may still hold. */
  sizeBytes: number
  /** Size in bytes of the received chunks that the packets counted in `sizeBytes` are views of. */
  heldBytes: number
  lastRead: ArrayBufferLike | undefined
}

/** Maximum number of stored times of a track. Without it, units whose packets are lost would leave theirs for ever. */
const maxReplayTimes = 64
/** Maximum seconds of the audio behind the first frame of a packet, whose times follow from that of the packet. */
const maxPacketSeconds = 2

/** Restores access units from queued packets, when the reader asks for the next one. */
export class UnitReader implements AsyncIterableIterator<ReceivedUnit> {
  readonly #packets: AsyncIterator<ReceivedPacket, undefined>
  readonly #tracks = new Map<RtspClientTrack, ReadTrack>()
  /** Access units that are complete but not read yet, in order. */
  #units: ReceivedUnit[] = []
  #hasEnded = false

  constructor(packets: AsyncIterator<ReceivedPacket, undefined>) {
    this.#packets = packets
  }

  async next(): Promise<IteratorResult<ReceivedUnit, undefined>> {
    for (;;) {
      const unit = this.#units.shift()
      if (unit) return { done: false, value: unit }
      if (this.#hasEnded) return { done: true, value: undefined }
      const { done, value } = await this.#packets.next()
      if (done) this.#flush()
      else this.#push(value)
    }
  }

  async return(): Promise<IteratorResult<ReceivedUnit, undefined>> {
    this.#hasEnded = true
    this.#units = []
    this.#tracks.clear()
    await this.#packets.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #push({ track, packet, missedPackets, replay }: ReceivedPacket): void {
    const read = this.#tracks.get(track) ?? this.#open(track)
    read.missed += missedPackets
    if (replay) noteReplayTime(read, timestampOf(packet), replay.unixMs)
    const units = read.depacketizer.push(ownedBy(read, packet))
    const { droppedUnits } = read.depacketizer
    if (droppedUnits !== read.dropped) Object.assign(read, noPackets, { dropped: droppedUnits })
    this.#add(read, units)
  }

  #open(track: RtspClientTrack): ReadTrack {
    const { encoding, kind, parameters } = track
    const depacketizer = createDepacketizer({ encoding, kind, parameters })
    const counts = { ...noPackets, missed: 0, dropped: 0, lastReplay: undefined }
    const read: ReadTrack = { track, depacketizer, ...counts, replayTimes: new Map() }
    this.#tracks.set(track, read)
    return read
  }

  #flush(): void {
    this.#hasEnded = true
    for (const read of this.#tracks.values()) this.#add(read, read.depacketizer.flush())
  }

  #add(read: ReadTrack, units: readonly RtpUnit[]): void {
    for (const { parts, timestamp, isKeyFrame, lostPackets } of units) {
      const { track, missed } = read
      Object.assign(read, noPackets, { missed: 0 })
      this.#units.push({
        ...{ track, parts, timestamp, isKeyFrame },
        unixTimeMs: replayTimeOf(read, timestamp) ?? track.unixTimeMsAt(timestamp),
        missedPackets: missed,
        // The sequence numbers of packets that were left out are missing, too.
        lostPackets: Math.max(0, lostPackets - missed),
      })
    }
  }
}

/** Values of the counts of packets since the last access unit, if none has arrived since. */
const noPackets = { sizeBytes: 0, heldBytes: 0, lastRead: undefined }

/**
 * Returns the time of the recording for a unit, in milliseconds since 1970: from its own packet, or one whose first
 * frame it follows.
 */
function replayTimeOf(read: ReadTrack, timestamp: number): number | undefined {
  const { replayTimes, lastReplay, track } = read
  const exact = replayTimes.get(timestamp)
  if (exact !== undefined || !lastReplay) return exact
  const seconds = timestampDistance(lastReplay.timestamp, timestamp) / track.clockRate
  const follows = seconds > 0 && seconds <= maxPacketSeconds
  return follows ? lastReplay.unixMs + seconds * 1000 : undefined
}

function noteReplayTime(read: ReadTrack, timestamp: number, unixMs: number): void {
  const { replayTimes } = read
  read.lastReplay = { timestamp, unixMs }
  replayTimes.set(timestamp, unixMs)
  for (const oldest of replayTimes.keys()) {
    if (replayTimes.size <= maxReplayTimes) return
    replayTimes.delete(oldest)
  }
}

/**
 * Returns a packet, or a copy of it if the packets of the unit hold much more memory than their size. Small packets are
 * views of large received chunks.
 */
function ownedBy(read: ReadTrack, packet: Buffer): Buffer {
  const { buffer } = packet
  read.sizeBytes += packet.length
  if (buffer === read.lastRead) return packet
  if (read.heldBytes + buffer.byteLength <= spareBytes + largestShare * read.sizeBytes) {
    read.heldBytes += buffer.byteLength
    read.lastRead = buffer
    return packet
  }
  read.heldBytes += packet.length
  const copy = Buffer.allocUnsafeSlow(packet.length)
  packet.copy(copy)
  return copy
}

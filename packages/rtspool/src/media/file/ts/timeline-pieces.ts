import { modulo, type PesTimes, readTime, timeDistance, timeModulus } from './packet.js'

/** Ticks a second of the times of a transport stream. */
const clockRate = 90_000
/** A jump ahead of more is no pause of the programme: ffmpeg takes the same limit (`dts_delta_threshold`). */
const largestPause = 10 * clockRate
/** Decoding times never go back; muxers are off by some ticks. */
const largestStepBack = clockRate / 10
/** A stream of pictures without decoding times has its presentation times out of order. */
const largestReordering = clockRate / 2
/** A file with more breaks than this keeps the times of the rest as they are. */
const maxPieces = 2 ** 16

/** From a packet on, what is to be added to times so that they go on from what was before. */
export interface TimePiece {
  readonly firstPacket: number
  /** From 0 up to 2^33. */
  readonly shift: number
}

interface StreamTimes {
  /** Smallest presentation time of the piece. */
  first: number
  /** Time behind the last unit of the piece. */
  end: number
  lastDecoding: number
  duration: number
}

interface Piece {
  readonly firstPacket: number
  readonly streams: Map<number, StreamTimes>
  /** The latest decoding time of any stream: subtitles may pause for long while the pictures go on. */
  latest: number
}

/**
 * Notices where the times of a transport stream begin again or jump (ISO/IEC 13818-1 section 2.4.3.4 allows both), and
 * works out how each piece goes on from the end of the piece before.
 *
 * ```text
 *  times of the file   1.4 ──▶ 5.4 │ 1.4 ──▶ 5.4 │ 900 ──▶ 904
 *  gone on with        1.4 ──▶ 5.4 │ 5.4 ──▶ 9.4 │ 9.4 ──▶ 13.4
 * ```
 */
export class TimelinePieces {
  readonly #pieces: Piece[] = []
  #streamCount = 0

  /** Streams of all pieces: what is in memory. */
  get streamCount(): number {
    return this.#streamCount
  }

  /** Takes the times of a PES packet; packets are numbered from 0 as they come in the file. */
  add(packet: number, bytes: Uint8Array, { pid, isVideo, ptsAt, dtsAt }: PesTimes): void {
    const rawPresentation = readTime(bytes, ptsAt)
    const rawDecoding = dtsAt < 0 ? rawPresentation : readTime(bytes, dtsAt)
    let piece = this.#pieces.at(-1) ?? this.#begin(packet, rawDecoding)
    let stream = piece.streams.get(pid)
    const ahead = timeDistance(modulo(piece.latest, timeModulus), rawDecoding)
    const distance = stream
      ? timeDistance(modulo(stream.lastDecoding, timeModulus), rawDecoding)
      : ahead
    const tolerance = isVideo && dtsAt < 0 ? largestReordering : largestStepBack
    const furthestBack = stream ? -tolerance : -largestPause
    if ((distance < furthestBack || ahead > largestPause) && this.#pieces.length < maxPieces) {
      piece = this.#begin(packet, rawDecoding)
      stream = undefined
    }
    const decoding = stream
      ? stream.lastDecoding + distance
      : piece.latest + timeDistance(modulo(piece.latest, timeModulus), rawDecoding)
    const presentation = decoding + timeDistance(rawDecoding, rawPresentation)
    if (!stream) {
      stream = { first: presentation, end: presentation, lastDecoding: decoding, duration: 0 }
      piece.streams.set(pid, stream)
      this.#streamCount++
    }
    if (decoding > stream.lastDecoding) stream.duration = decoding - stream.lastDecoding
    stream.lastDecoding = decoding
    stream.first = Math.min(stream.first, presentation)
    stream.end = Math.max(stream.end, presentation + stream.duration)
    piece.latest = Math.max(piece.latest, decoding)
  }

  /** The shift of each piece; one alone for a file whose times go on all the way. */
  finish(): TimePiece[] {
    const ends = new Map<number, number>()
    let shift = 0
    return this.#pieces.map(({ firstPacket, streams }, index) => {
      if (index > 0) shift = shiftAfter(ends, streams)
      for (const [pid, { end }] of streams) ends.set(pid, end + shift)
      return { firstPacket, shift: modulo(shift, timeModulus) }
    })
  }

  /** Pieces that go on by themselves: only the last one can still change. */
  copy(): TimelinePieces {
    const copy = new TimelinePieces()
    for (const piece of this.#pieces.slice(0, -1)) copy.#pieces.push(piece)
    const last = this.#pieces.at(-1)
    if (last) {
      const streams = [...last.streams].map(([pid, times]) => [pid, { ...times }] as const)
      copy.#pieces.push({ ...last, streams: new Map(streams) })
    }
    copy.#streamCount = this.#streamCount
    return copy
  }

  #begin(firstPacket: number, latest: number): Piece {
    const piece: Piece = { firstPacket, streams: new Map(), latest }
    this.#pieces.push(piece)
    return piece
  }
}

/** The smallest shift with which no stream steps back. */
function shiftAfter(
  ends: ReadonlyMap<number, number>,
  streams: ReadonlyMap<number, StreamTimes>,
): number {
  const latestEnd = Math.max(...ends.values())
  let shift = Number.NEGATIVE_INFINITY
  for (const [pid, { first }] of streams) {
    const end = ends.get(pid)
    if (end !== undefined) shift = Math.max(shift, end - first)
  }
  if (Number.isFinite(shift)) return shift
  return latestEnd - Math.min(...[...streams.values()].map(({ first }) => first))
}

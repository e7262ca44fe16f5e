import { modulo, type PesTimes, readTime, timeDistance, timeModulus } from './packet.js'

/** Ticks per second of the times of a transport stream. */
const clockRate = 90_000
/**
 * Longest pause: a larger jump ahead is a fault. ffmpeg has the same limit (`dts_delta_threshold`).
 */
const largestPause = 10 * clockRate
/** Decoding times must not decrease; muxers are off by some ticks. */
const largestStepBack = clockRate / 10
/** Presentation times may be out of order by this much in a video stream without decoding times. */
const largestReordering = clockRate / 2
/** Maximum number of pieces; after that, a file keeps its original times. */
const maxPieces = 2 ** 16

/** Shift for all times from a packet on, so that they continue the times before it. */
export interface TimePiece {
  readonly firstPacket: number
  /** Ticks to add, from 0 up to 2^33. */
  readonly shift: number
}

interface StreamTimes {
  /** Smallest presentation time of the piece. */
  first: number
  /** Time after the last unit of the piece. */
  end: number
  lastDecoding: number
  duration: number
}

interface Piece {
  readonly firstPacket: number
  readonly streams: Map<number, StreamTimes>
  /**
   * Latest decoding time of all streams: subtitles may pause for long while the pictures continue.
   */
  latest: number
}

/**
 * Detects restarts and jumps in the times of a transport stream, as allowed by ISO/IEC 13818-1
 * section 2.4.3.4. Computes a shift with which each piece continues the previous one.
 *
 * ```text
 *  times of the file   1.4 ──▶ 5.4 │ 1.4 ──▶ 5.4 │ 900 ──▶ 904
 *  repaired to         1.4 ──▶ 5.4 │ 5.4 ──▶ 9.4 │ 9.4 ──▶ 13.4
 * ```
 */
export class TimelinePieces {
  readonly #pieces: Piece[] = []
  #streamCount = 0

  /** Number of streams of all pieces, which determines the memory. */
  get streamCount(): number {
    return this.#streamCount
  }

  /** Processes the times of a PES packet; packets are numbered from 0 in file order. */
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

  /** Returns the shift of each piece; a single one for a file with continuous times. */
  finish(): TimePiece[] {
    const ends = new Map<number, number>()
    let shift = 0
    return this.#pieces.map(({ firstPacket, streams }, index) => {
      if (index > 0) shift = shiftAfter(ends, streams)
      for (const [pid, { end }] of streams) ends.set(pid, end + shift)
      return { firstPacket, shift: modulo(shift, timeModulus) }
    })
  }

  /** Returns an independent copy: shares all pieces but the last, which can still change. */
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

/** Returns the smallest shift with which no stream steps back. */
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

import { modulo, type PesTimes, readTime, timeDistance, timeModulus } from './packet.js'

/** Clock rate of the times of a transport stream, in ticks per second. */
const clockRate = 90_000
/**
 * Maximum step ahead of decoding times, in ticks. A larger step is a jump, after which a new piece begins. ffmpeg has
 * the same limit (`dts_delta_threshold`).
 */
const largestPause = 10 * clockRate
/** Maximum step back of decoding times, in ticks. A larger step is a restart; muxers are off by some ticks. */
const largestStepBack = clockRate / 10
/**
 * Maximum step back of presentation times, in ticks, in a video stream without decoding times. Reordered pictures
 * cause such steps.
 */
const largestReordering = clockRate / 2
/** Maximum number of pieces with continuous times. Later restarts and jumps are not repaired. */
const maxPieces = 2 ** 16

/**
 * Number of ticks to add to all times from one packet on, so that they continue the times of the
 * packets before.
 */
export interface TimePiece {
  readonly firstPacket: number
  /** Number of ticks to add to all times of the piece, from 0 up to 2^33, modulo 2^33. */
  readonly shift: number
}

interface StreamTimes {
  /** Smallest presentation time of the stream in the piece, in ticks. */
  first: number
  /** Time at which the last picture or sound frame of the stream in the piece ends, in ticks of 90 kHz. */
  end: number
  lastDecoding: number
  duration: number
}

interface Piece {
  readonly firstPacket: number
  readonly streams: Map<number, StreamTimes>
  /**
   * Latest decoding time of all streams in the piece, in ticks. One stream may pause for long while others continue,
   * such as subtitles.
   */
  latest: number
}

/**
 * Divides a transport stream into pieces with continuous times. Times may restart or jump between them, as ISO/IEC
 * 13818-1 section 2.4.3.4 allows. For each piece, computes a shift with which its times continue those of the
 * previous one.
 *
 * ```text
 *  times of the file   1.4 ──▶ 5.4 │ 1.4 ──▶ 5.4 │ 900 ──▶ 904
 *  repaired to         1.4 ──▶ 5.4 │ 5.4 ──▶ 9.4 │ 9.4 ──▶ 13.4
 * ```
 */
export class TimelinePieces {
  readonly #pieces: Piece[] = []
  #streamCount = 0

  /** Number of elementary streams, summed over all pieces of time. The memory used grows with this number. */
  get streamCount(): number {
    return this.#streamCount
  }

  /**
   * Adds the times of a PES packet, and begins a new piece if they jump.
   *
   * @param packet - Index of the packet in the file, from 0.
   */
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

  /**
   * Returns for each piece of time the shift: ticks to add so that its times continue the previous piece. A file with
   * continuous times has a single piece.
   */
  finish(): TimePiece[] {
    const ends = new Map<number, number>()
    let shift = 0
    return this.#pieces.map(({ firstPacket, streams }, index) => {
      if (index > 0) shift = shiftAfter(ends, streams)
      for (const [pid, { end }] of streams) ends.set(pid, end + shift)
      return { firstPacket, shift: modulo(shift, timeModulus) }
    })
  }

  /**
   * Returns an independent copy for further packets, which shares all pieces of time but the last. Only the last can
   * still change.
   */
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

/**
 * Returns the smallest number of ticks to add to a piece's times so that no stream in it steps back in time.
 *
 * @param ends - Time in ticks at which each earlier stream has ended, its shift included, by PID.
 * @param streams - First and last times of the piece's streams, by PID.
 */
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

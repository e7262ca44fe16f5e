import type { SessionView } from '../api/session-view.js'

/** A session with the bits per second since the read before; absent at first. */
export interface SessionRow extends SessionView {
  readonly bitrate?: number
}

interface Reading {
  readonly bytes: number
  readonly at: number
  readonly bitrate: number | undefined
}

/** Reads that are too close together say little. */
const shortestMs = 500
const bitsPerByte = 8

/** Bitrates of sessions: the API tells bytes, and two reads of them make a bitrate. */
export class Bitrates {
  #readings = new Map<string, Reading>()
  #previous = new Map<string, Reading>()

  /** @param at - Milliseconds of the read. */
  add(session: SessionView, at: number): SessionRow {
    const { publicId, stats } = session
    const bytes = stats.bytesIn + stats.bytesOut
    const before = this.#readings.get(publicId) ?? this.#previous.get(publicId)
    if (before && at - before.at < shortestMs) return withBitrate(session, before.bitrate)
    const bitrate =
      before && Math.max(0, bytes - before.bytes) * ((bitsPerByte * 1000) / (at - before.at))
    this.#readings.set(publicId, { bytes, at, bitrate })
    return withBitrate(session, bitrate)
  }

  /** Forgets the sessions that were not read since the call before. */
  forget(): void {
    this.#previous = this.#readings
    this.#readings = new Map()
  }
}

const withBitrate = (session: SessionView, bitrate: number | undefined): SessionRow =>
  bitrate === undefined ? session : { ...session, bitrate }
